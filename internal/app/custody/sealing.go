package custody

import (
	"context"

	"plumbline/internal/custody"
	"plumbline/internal/seal"
	"plumbline/internal/store"
)

// Sealer seals texts for the custodians in office. The zero Sealer has none: texts
// then stay under the key of their record until there are custodians.
type Sealer struct {
	set       string
	threshold int
	to        []seal.Recipient
}

func SealerOf(ctx context.Context, v *store.View) (s Sealer, err error) {
	set, custodians, err := v.ActiveSet(ctx)
	if err != nil || set == nil {
		return s, err
	}
	return sealerTo(set, custodians)
}

func sealerTo(set *custody.Set, custodians []custody.Custodian) (s Sealer, err error) {
	s = Sealer{set: set.ID, threshold: set.Threshold}
	for _, c := range custodians {
		key, err := seal.ParsePublic(c.PublicKey)
		if err != nil {
			return Sealer{}, err
		}
		s.to = append(s.to, seal.Recipient{ID: c.ID, Key: key})
	}
	return s, nil
}

// Field makes a sealed field with its texts.
func (s *Sealer) Field(record, unit, text string) (*custody.SealedField, []store.Content, error) {
	f := &custody.SealedField{Table: custody.SealedTable, Field: custody.ComplainantField, RecordID: record, UnitID: unit}
	f.ID = store.NewID()
	if s.set == "" {
		return f, store.SealedParts(f, []byte(text), nil), nil
	}
	cipher, wrapping, err := seal.SealText(store.PlaceOf(f), []byte(text), s.set, s.threshold, s.to)
	if err != nil {
		return nil, nil, err
	}
	f.SetID, f.Wraps = s.set, 1
	return f, store.SealedParts(f, cipher, wrapping), nil
}
