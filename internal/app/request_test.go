package app

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"plumbline/internal/app/desk"
)

// keyed lists the operations of App that take a request key in their input: the
// name of the method and the type of the input.
func keyed(t *testing.T) map[string]reflect.Type {
	t.Helper()
	out := make(map[string]reflect.Type)
	whole := reflect.TypeFor[*App]()
	for i := range whole.NumMethod() {
		m := whole.Method(i)
		for n := 1; n < m.Type.NumIn(); n++ {
			in := m.Type.In(n)
			if in.Kind() != reflect.Struct {
				continue
			}
			if f, ok := in.FieldByName("Key"); ok && f.Type.Kind() == reflect.String {
				out[m.Name] = in
			}
		}
	}
	return out
}

// fields gives the places of all exported strings and numbers in a struct, its
// embedded structs included.
func fields(in reflect.Type, at []int) (out [][]int) {
	for i := range in.NumField() {
		f := in.Field(i)
		here := append(append([]int{}, at...), i)
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			out = append(out, fields(f.Type, here)...)
		case !f.IsExported():
		case f.Type.Kind() == reflect.String || f.Type.Kind() == reflect.Int64 || f.Type.Kind() == reflect.Bool:
			out = append(out, here)
		}
	}
	return out
}

// The same key with anything else said, the id of the path above all, is another
// request. Only the key itself does not count, and what its hash stands for.
func TestARequestIsKnownByItsPathToo(t *testing.T) {
	a := new(desk.Desk)
	hash := func(v reflect.Value) []byte {
		t.Helper()
		_, body, err := a.RequestOf(desk.Write{Op: "issue.list", Key: "k", Body: v.Interface()})
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	ids := 0
	for method, in := range keyed(t) {
		plain := hash(reflect.New(in).Elem())
		for _, at := range fields(in, nil) {
			f := in.FieldByIndex(at)
			v := reflect.New(in).Elem()
			switch to := v.FieldByIndex(at); to.Kind() {
			case reflect.String:
				to.SetString("x")
			case reflect.Int64:
				to.SetInt(7)
			case reflect.Bool:
				to.SetBool(true)
			}
			same := bytes.Equal(hash(v), plain)
			if f.Name == "Key" {
				continue
			}
			if same != (f.Name == "Upload") {
				t.Errorf("%s: the request hash covers %s.%s: %v", method, in.Name(), f.Name, !same)
			}
			if strings.HasSuffix(f.Name, "ID") {
				ids++
			}
		}
	}
	if len(keyed(t)) < 60 || ids < 50 {
		t.Fatalf("only %d inputs with a key and %d ids were looked at", len(keyed(t)), ids)
	}
}
