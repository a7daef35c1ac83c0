// Package words owns the catalogue of both languages, for all faces: the
// labels of roles, states and codes, the text of pages, and the messages of
// faults. It decides nothing and formats no dates or numbers of its own.
//
// Texts live in catalogue/<area>.<lang>.toml with flat keys, for example
//
//	"state.submission.returned" = "已退回"
//	"import.done" = "已导入 {{.Count}} 行"
//
// Every key stands in both languages with the same parameters, and a text that
// counts may be a table with "one" and "other", chosen by the parameter Count.
// Tests hold all of this.
package words

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	toml "github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// Lang is a language of the faces, as a BCP 47 tag.
type Lang string

// The languages, Chinese first.
const (
	ZH Lang = "zh-CN"
	EN Lang = "en"
)

// Langs lists the languages in the order in which they are offered.
var Langs = []Lang{ZH, EN}

// Other is the language that the switch offers.
func (l Lang) Other() Lang {
	if l == EN {
		return ZH
	}
	return EN
}

//go:embed catalogue/*.toml
var catalogue embed.FS

// text is one message: parts are literal and parameter in turn, starting with
// a literal; a message that counts has plural set and goes through go-i18n.
type text struct {
	parts  []string
	plural bool
}

var (
	texts     map[Lang]map[string]text
	localizer map[Lang]*i18n.Localizer
	matcher   = language.NewMatcher([]language.Tag{language.MustParse(string(ZH)), language.English})
	param     = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)
)

func init() {
	var err error
	if texts, localizer, err = load(catalogue); err != nil {
		panic(err) // the catalogue is part of the program
	}
}

// load reads every catalogue file of fsys.
func load(fsys fs.FS) (map[Lang]map[string]text, map[Lang]*i18n.Localizer, error) {
	bundle := i18n.NewBundle(language.MustParse(string(ZH)))
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	all := map[Lang]map[string]text{ZH: {}, EN: {}}
	names, err := fs.Glob(fsys, "catalogue/*.toml")
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		file, err := bundle.LoadMessageFileFS(fsys, name)
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", name, err)
		}
		lang := Lang(strings.TrimSuffix(name[strings.Index(name, ".")+1:], ".toml"))
		if all[lang] == nil {
			return nil, nil, fmt.Errorf("%s: no such language %q", name, lang)
		}
		for _, m := range file.Messages {
			if _, twice := all[lang][m.ID]; twice {
				return nil, nil, fmt.Errorf("%s: key %s stands in two files", name, m.ID)
			}
			all[lang][m.ID] = text{parts: split(m.Other), plural: m.One != ""}
		}
	}
	loc := map[Lang]*i18n.Localizer{}
	for _, l := range Langs {
		loc[l] = i18n.NewLocalizer(bundle, string(l))
	}
	return all, loc, nil
}

// split cuts a message into literals and parameter names in turn.
func split(s string) []string {
	var parts []string
	at := 0
	for _, m := range param.FindAllStringSubmatchIndex(s, -1) {
		parts = append(parts, s[at:m[0]], s[m[2]:m[3]])
		at = m[1]
	}
	return append(parts, s[at:])
}

// T is the text of key in the language; kv are parameter names and values in
// turn. A key that is not there comes back as itself, so that it is seen.
func T(lang Lang, key string, kv ...any) string {
	t, ok := texts[lang][key]
	if !ok {
		if t, ok = texts[ZH][key]; !ok {
			return key
		}
		lang = ZH
	}
	if len(t.parts) == 1 && !t.plural {
		return t.parts[0]
	}
	if t.plural {
		return counted(lang, key, kv)
	}
	var b strings.Builder
	for i, p := range t.parts {
		if i%2 == 0 {
			b.WriteString(p)
		} else {
			b.WriteString(value(p, kv))
		}
	}
	return b.String()
}

// Raw is the text of key with its parameters still in it, as {{.Name}}: for a
// script that fills them in.
func Raw(lang Lang, key string) string {
	t, ok := texts[lang][key]
	if !ok || t.plural {
		return key
	}
	var b strings.Builder
	for i, p := range t.parts {
		if i%2 == 0 {
			b.WriteString(p)
		} else {
			b.WriteString("{{." + p + "}}")
		}
	}
	return b.String()
}

// Args is T with the parameters as a map, as a fault carries them.
func Args(lang Lang, key string, args map[string]any) string {
	kv := make([]any, 0, 2*len(args))
	for k, v := range args {
		kv = append(kv, k, v)
	}
	return T(lang, key, kv...)
}

// counted asks go-i18n, which knows the plural rules.
func counted(lang Lang, key string, kv []any) string {
	data := make(map[string]any, len(kv)/2)
	for i := 0; i+1 < len(kv); i += 2 {
		data[fmt.Sprint(kv[i])] = kv[i+1]
	}
	s, err := localizer[lang].Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: data["Count"]})
	if err != nil {
		return key
	}
	return s
}

// value finds the parameter in kv; a missing one is shown by its name.
func value(name string, kv []any) string {
	for i := 0; i+1 < len(kv); i += 2 {
		if kv[i] == name {
			return fmt.Sprint(kv[i+1])
		}
	}
	return "{" + name + "}"
}

// Has reports whether the key exists in both languages.
func Has(key string) bool {
	_, zh := texts[ZH][key]
	_, en := texts[EN][key]
	return zh && en
}

// Keys lists the keys of the language in order.
func Keys(lang Lang) []string { return slices.Sorted(maps.Keys(texts[lang])) }

// Match is the language for a visitor: the cookie's if it names one of ours,
// else the best that the Accept-Language header asks for, else Chinese.
func Match(acceptLanguage, cookie string) Lang {
	for _, l := range Langs {
		if cookie == string(l) {
			return l
		}
	}
	if acceptLanguage == "" || len(acceptLanguage) > 512 {
		return ZH
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return ZH
	}
	_, i, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return ZH
	}
	return Langs[i]
}
