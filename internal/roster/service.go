package roster

import "plumbline/internal/fault"

// Check refuses dates of a person that contradict each other or the state. A date
// known in part contradicts another only if all its days do.
func (p *Person) Check(on Date) error {
	after := func(a, b Date) bool { return a != "" && b != "" && a.First() > b.Last() }
	switch {
	case after(p.AppointedOn, p.DepartedOn):
		return fault.Invalid("person_departed_early", "departed_on", "Appointed", string(p.AppointedOn), "Departed", string(p.DepartedOn))
	case after(p.BornOn, p.AppointedOn):
		return fault.Invalid("person_born_late", "born_on", "Born", string(p.BornOn), "Since", string(p.AppointedOn))
	case after(p.BornOn, p.DepartedOn):
		return fault.Invalid("person_born_late", "born_on", "Born", string(p.BornOn), "Since", string(p.DepartedOn))
	case p.State == Left && after(p.DepartedOn, on):
		return fault.Invalid("person_left_later", "departed_on", "Departed", string(p.DepartedOn))
	case p.State == Serving && after(on, p.DepartedOn):
		return fault.Invalid("person_serves_after", "departed_on", "Departed", string(p.DepartedOn))
	}
	return nil
}

// DepartedBy reports whether the person had surely departed before the day.
func (p *Person) DepartedBy(on Date) bool { return p.DepartedOn != "" && p.DepartedOn.Last() < on }
