package roster

import (
	"strings"
	"sync"
	"unicode"

	"github.com/longbridgeapp/opencc"
)

// SplitName cuts a whole name into parts. A Chinese name is family and given name, and
// an ethnic name with a dot is given name and father's name (its family part). Any other
// is "Family, Given Middle" or "Given Middle Family", with or without a suffix.
func SplitName(name string) NameParts {
	folded := FoldName(name)
	if Han(folded) {
		if given, father, ok := strings.Cut(folded, "·"); ok {
			return NameParts{Family: father, Given: given}
		}
		runes, n := []rune(folded), 1
		if len(runes) >= 3 {
			if _, compound := surnames[string(runes[:2])]; compound || len(runes) >= 4 && strings.ContainsRune(doubled, runes[1]) {
				n = 2
			}
		}
		return NameParts{Family: string(runes[:n]), Given: string(runes[n:])}
	}
	p := PartsOf(name)
	if p.Family != "" {
		return p
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	if p.Suffix != "" {
		words = words[:len(words)-1]
	}
	if last := len(words) - 1; last >= 0 {
		at := last
		for at > 1 && particles[strings.ToLower(words[at-1])] {
			at--
		}
		p.Family, words = strings.Join(words[at:], " "), words[:at]
	}
	if len(words) > 0 {
		p.Given, p.Middle = words[0], strings.Join(words[1:], " ")
	}
	return p
}

// doubled are the second characters of a married woman's or a combined surname, which a
// name of four characters begins with.
const doubled = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢"

// particles stand before a family name and belong to it.
var particles = map[string]bool{"de": true, "del": true, "della": true, "di": true, "da": true, "dos": true, "la": true, "le": true, "van": true,
	"von": true, "der": true, "den": true, "ter": true, "el": true, "al": true, "bin": true, "ibn": true, "st": true, "st.": true}

// SuffixKey folds a suffix for comparing, "" if the word is none.
func SuffixKey(word string) string { return strings.ToLower(SuffixOf(word)) }

var simplifier = sync.OnceValue(func() *opencc.OpenCC {
	c, err := opencc.New("t2s") // its tables are part of the program
	if err != nil {
		return nil
	}
	return c
})

// Simplified writes a Chinese name in simplified characters, as far as each has one.
func Simplified(name string) string {
	c := simplifier()
	if c == nil || !Han(name) {
		return name
	}
	out, err := c.Convert(name)
	if err != nil {
		return name
	}
	return out
}
