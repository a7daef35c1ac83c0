package ui

import (
	"fmt"

	"github.com/a-h/templ"
)

// described holds the attributes that only some fields have.
func described(i Input) templ.Attributes {
	a := templ.Attributes{}
	if d := i.described(); d != "" {
		a["aria-describedby"] = d
	}
	if i.Error != "" {
		a["aria-invalid"] = "true"
	}
	for name, v := range map[string]string{"accept": i.Accept, "autocomplete": i.Complete, "inputmode": i.Mode,
		"placeholder": i.Placeholder} {
		if v != "" {
			a[name] = v
		}
	}
	if i.Max > 0 {
		a["maxlength"] = i.Max
	}
	return a
}

func checkValue(i Input) string {
	if i.Value == "" {
		return "1"
	}
	return i.Value
}

func rows(i Input) int {
	if i.Rows > 0 {
		return i.Rows
	}
	return 4
}

func anySet(inputs []Input) bool {
	for _, i := range inputs {
		if i.Kind != "hidden" && (i.Value != "" && i.Kind != "checkbox" || i.Checked) {
			return true
		}
	}
	return false
}

func plain[T ~string | ~int | ~int64](v T) string { return fmt.Sprint(v) }
