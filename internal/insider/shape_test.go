package insider

import (
	"encoding/json"
	"strings"
	"testing"

	"plumbline/internal/api"
)

// shape is what one operation takes, as its own document says.
type shape struct {
	query []string
	body  map[string]any // schema, nil for none
	form  bool           // a file in a form
}

// shapesOf reads them from the OpenAPI document of the face.
func shapesOf(t testing.TB, f *api.Face) map[string]*shape {
	t.Helper()
	raw, err := f.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]map[string]any }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string]*shape{}
	for _, methods := range doc.Paths {
		for _, op := range methods {
			var o struct {
				OperationID string
				Parameters  []struct{ Name, In string }
				RequestBody *struct {
					Content map[string]struct{ Schema map[string]any }
				}
			}
			if err := json.Unmarshal(op, &o); err != nil {
				continue // a field of the path itself
			}
			s := &shape{}
			for _, p := range o.Parameters {
				if p.In == "query" {
					s.query = append(s.query, p.Name)
				}
			}
			if o.RequestBody != nil {
				if c, ok := o.RequestBody.Content["application/json"]; ok {
					s.body = expand(c.Schema, doc.Components.Schemas, 0)
				} else {
					s.form = true
				}
			}
			out[o.OperationID] = s
		}
	}
	return out
}

// expand puts the schemas that others refer to in their places.
func expand(s map[string]any, all map[string]map[string]any, depth int) map[string]any {
	if ref, ok := s["$ref"].(string); ok {
		s = all[ref[strings.LastIndex(ref, "/")+1:]]
	}
	out := map[string]any{}
	for k, v := range s {
		out[k] = v
	}
	if depth > 6 {
		return out
	}
	if list, ok := out["type"].([]any); ok && len(list) > 0 {
		out["type"] = list[0]
	}
	if items, ok := out["items"].(map[string]any); ok {
		out["items"] = expand(items, all, depth+1)
	}
	if props, ok := out["properties"].(map[string]any); ok {
		fresh := map[string]any{}
		for k, p := range props {
			if p, ok := p.(map[string]any); ok && k != "$schema" {
				fresh[k] = expand(p, all, depth+1)
			}
		}
		out["properties"] = fresh
	}
	return out
}
