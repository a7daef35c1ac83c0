package recusal

import (
	"context"
	"slices"
	"unicode/utf8"

	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/kinds"
	"plumbline/internal/ledger"
	"plumbline/internal/recusal"
	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// RelationKinds are the relations that can be declared.
var RelationKinds = []string{"relative", "interested"}

// RelationView is a declared relation as seen by one of the two people.
type RelationView struct {
	ID       string      `json:"id"`
	Version  int64       `json:"version"`
	PersonID string      `json:"person_id"` // the other
	Name     string      `json:"name"`
	Number   string      `json:"personnel_no"`
	Kind     string      `json:"kind"`
	FromOn   roster.Date `json:"from"`
	ToOn     roster.Date `json:"to,omitempty"`
	Live     bool        `json:"live"`
	VoidedOn roster.Date `json:"voided_on,omitempty"` // recorded by mistake; bars nobody

	Challenges []RelationChallenge `json:"challenges"` // whether each who is barred on another's word is so
}

// RelationChallenge says how far a relation bars one of the two.
type RelationChallenge struct {
	ID         string        `json:"id"`
	Version    int64         `json:"version"`
	OfficialID string        `json:"official_id"`
	State      recusal.State `json:"state"`
	Mine       bool          `json:"mine"` // filed by the reader
}

// RelationInput declares a relation. Name and number must match, so that the form
// does not reveal whose number it is.
type RelationInput struct {
	PersonID string      `json:"-"` // "" is the actor himself
	Key      string      `json:"-"`
	Number   string      `json:"personnel_no"`
	Name     string      `json:"name"`
	Kind     string      `json:"kind"`
	FromOn   roster.Date `json:"from,omitempty"`    // "" is always
	Grounds  string      `json:"grounds,omitempty"` // what the relation is, for who decides whether the other is barred
}

// Validate judges the input by itself.
func (in RelationInput) Validate() error {
	var wrong *fault.Error
	if !slices.Contains(RelationKinds, in.Kind) {
		wrong = fault.Invalid("choice_unknown", "kind")
	}
	if in.FromOn != "" {
		if _, err := roster.ParseDate(string(in.FromOn)); err != nil {
			return fault.As(err).WithField("from")
		}
	}
	var long *fault.Error
	if utf8.RuneCountInString(in.Grounds) > desk.MaxText {
		long = fault.Invalid("too_long", "grounds", "Max", desk.MaxText)
	}
	return fault.Join(desk.RequireLine("personnel_no", in.Number), desk.RequireLine("name", in.Name), wrong, long)
}

// OwnRelations lists what the actor declared himself, not what others declared about
// him.
func (a *Recusal) OwnRelations(ctx context.Context, who *roster.Actor) (out []RelationView, err error) {
	err = a.Read(ctx, who, "relation.own", func(ctx context.Context, v *store.View) error {
		rows, err := v.RelationsOf(ctx, who.Person, false)
		if err != nil {
			return err
		}
		out, err = a.relationViews(ctx, v, who, who.Person, rows)
		return err
	})
	return out, err
}

// Relations lists the relations of a person, from either side, for the records
// officer.
func (a *Recusal) Relations(ctx context.Context, who *roster.Actor,
	personID string) (out []RelationView, person *roster.Person, err error) {
	err = a.Read(ctx, who, "relation.list", func(ctx context.Context, v *store.View) error {
		sc, err := a.Scope(ctx, v, who, roster.ActEdit, roster.KindPerson)
		if err != nil {
			return err
		}
		if person, err = v.Person(ctx, personID, sc); err != nil {
			return err
		}
		rows, err := v.RelationsOf(ctx, personID, true)
		if err != nil {
			return err
		}
		out, err = a.relationViews(ctx, v, who, personID, rows)
		return err
	})
	return out, person, err
}

func (a *Recusal) relationViews(ctx context.Context, v *store.View, who *roster.Actor, personID string,
	rows []roster.Relation) ([]RelationView, error) {
	out := make([]RelationView, 0, len(rows))
	var ids, relations []string
	for _, r := range rows {
		ids, relations = append(ids, r.PersonID, r.OtherID), append(relations, r.ID)
	}
	voids, err := v.Voids(ctx, relations...)
	if err != nil {
		return nil, err
	}
	names, err := v.NamesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	challenges, err := v.ChallengesOf(ctx, relations...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		other := r.OtherID
		if other == personID {
			other = r.PersonID
		}
		view := RelationView{ID: r.ID, Version: r.Version, PersonID: other, Name: names[other].Name, Number: names[other].PersonnelNo,
			Kind:   r.Kind,
			FromOn: r.FromOn, ToOn: r.ToOn, Live: a.Today().Within(r.FromOn, r.ToOn)}
		if void := voids[r.ID]; void != nil {
			view.Live, view.VoidedOn = false, void.VoidedOn
		}
		view.Challenges = []RelationChallenge{}
		for _, c := range challenges[r.ID] {
			view.Challenges = append(view.Challenges, RelationChallenge{ID: c.ID, Version: c.Version, OfficialID: c.OfficialID,
				State: c.State, Mine: c.FiledBy == who.Person})
		}
		out = append(out, view)
	}
	return out, nil
}

// Declare declares a relative or interested person: of the actor himself or, by a
// records officer, of somebody in scope. The declarer himself no longer sees matters
// in which the other is the subject. Barring the other person, or both if the
// records officer declares it, is a challenge and has no effect until it is upheld.
func (a *Recusal) Declare(ctx context.Context, who *roster.Actor, in RelationInput) (id string, r desk.Receipt, err error) {
	op := "relation.create"
	if in.PersonID == "" {
		op = "relation.declare"
	}
	r, err = a.Write(ctx, who, desk.Write{Op: op, Key: in.Key, Body: in}, func(ctx context.Context, tx *store.Tx) ([]ledger.Fact, string, error) {
		of := who.Person
		if in.PersonID != "" {
			sc, err := a.Scope(ctx, &tx.View, who, roster.ActEdit, roster.KindPerson)
			if err != nil {
				return nil, "", err
			}
			p, err := tx.Person(ctx, in.PersonID, sc)
			if err != nil {
				return nil, "", err
			}
			of = p.ID
		}
		other, err := tx.PersonByNumber(ctx, roster.FoldNumber(in.Number))
		if store.Missing(err) || err == nil && other.NameFolded != roster.FoldName(in.Name) {
			return nil, "", fault.Invalid("person_unknown", "personnel_no")
		}
		if err != nil {
			return nil, "", err
		}
		if of == "" || other.ID == of {
			return nil, "", fault.Invalid("relation_self", "personnel_no")
		}
		have, err := tx.RelationsOf(ctx, of, true)
		if err != nil {
			return nil, "", err
		}
		ids := make([]string, len(have))
		for i := range have {
			ids[i] = have[i].ID
		}
		voids, err := tx.Voids(ctx, ids...)
		if err != nil {
			return nil, "", err
		}
		today := roster.DateOf(tx.Now(), a.Zone())
		for _, h := range have {
			if (h.PersonID == other.ID || h.OtherID == other.ID) && h.Kind == in.Kind && voids[h.ID] == nil &&
				(h.ToOn == "" || h.ToOn >= today) && (h.PersonID == of || in.PersonID != "") {
				return nil, "", fault.Conflict("relation_exists")
			}
		}
		row := &roster.Relation{PersonID: of, OtherID: other.ID, Kind: in.Kind, FromOn: in.FromOn}
		row.ID = tx.NewID()
		id = row.ID
		if err := tx.Insert(ctx, row); err != nil {
			return nil, "", err
		}
		facts, err := a.challengeRelation(ctx, tx, who, row, in.Grounds)
		if err != nil {
			return nil, "", err
		}
		return append([]ledger.Fact{{Verb: op, Kind: kinds.Relation, ID: row.ID}}, facts...), row.ID, tx.Bump(ctx,
			store.GenerationAuthority)
	})
	return desk.PickID(id, r), r, err
}

// challengeRelation files the challenges that a declaration implies: whoever would
// be barred by somebody else's word is challenged, and is barred once that is
// upheld. What the declarer says about himself needs nobody else.
func (a *Recusal) challengeRelation(ctx context.Context, tx *store.Tx, who *roster.Actor, r *roster.Relation,
	grounds string) (facts []ledger.Fact, err error) {
	for _, pair := range [][2]string{{r.OtherID, r.PersonID}, {r.PersonID, r.OtherID}} {
		if pair[0] == who.Person {
			continue
		}
		_, fact, err := a.fileChallenge(ctx, tx, recusal.Challenge{Cause: recusal.CauseRelation, RelationID: r.ID, Kind: r.Kind,
			OfficialID: pair[0], PersonID: pair[1], FiledBy: who.Person}, grounds)
		if err != nil {
			return nil, err
		}
		facts = append(facts, fact)
	}
	return facts, nil
}

// relationFor loads a relation for a records officer whom it does not concern.
func (a *Recusal) relationFor(ctx context.Context, tx *store.Tx, who *roster.Actor, id string, version int64) (*roster.Relation, error) {
	r, err := tx.Relation(ctx, id)
	if err != nil {
		return nil, err
	}
	sc, err := a.Scope(ctx, &tx.View, who, roster.ActEdit, roster.KindPerson)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Person(ctx, r.PersonID, sc); err != nil {
		return nil, err
	}
	if err := desk.SameVersion(r.Version, version); err != nil {
		return nil, err
	}
	if r.PersonID == who.Person || r.OtherID == who.Person {
		return nil, fault.Forbidden("relation_own")
	}
	voids, err := tx.Voids(ctx, r.ID)
	if err == nil && voids[r.ID] != nil {
		err = fault.Conflict("record_voided")
	}
	return r, err
}
