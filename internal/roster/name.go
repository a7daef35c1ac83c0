package roster

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// NameKeys are the stored forms by which a name is searched and sorted. They
// are computed when the name is entered and may be corrected by hand, because
// no table knows how everybody pronounces their own name.
type NameKeys struct {
	Folded   string // the characters, normalized for comparison
	Pinyin   string // full, lower case, no spaces: "shanxiaohong"
	Initials string // "sxh"
	SortKey  string // syllables with spaces, then the characters
}

// NameParts are the parts of a name as a list gives them; all are "" where it gives the
// name as a whole. Family includes particles ("van der Berg", "de la Cruz").
type NameParts struct {
	Family string `json:"family,omitempty"`
	Given  string `json:"given,omitempty"`
	Middle string `json:"middle,omitempty"` // names or initials
	Suffix string `json:"suffix,omitempty"` // Jr, Sr, II, III, IV
}

// Keys computes the keys of a name. The surname is looked up in the table of
// surnames first, the rest character by character.
func Keys(name string) NameKeys {
	folded := FoldName(name)
	syllables := surname(folded)
	read := 0
	if len(syllables) > 0 {
		read = len(syllables)
	}
	args := pinyin.NewArgs()
	var word strings.Builder // a run of Latin letters is one syllable
	flush := func() {
		if word.Len() > 0 {
			syllables = append(syllables, word.String())
			word.Reset()
		}
	}
	for i, r := range []rune(folded) {
		if i < read {
			continue
		}
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			if said := pinyin.SinglePinyin(r, args); len(said) > 0 {
				syllables = append(syllables, said[0])
			}
		case unicode.IsLetter(r), unicode.IsDigit(r):
			word.WriteRune(r)
		default:
			flush()
		}
	}
	flush()
	return KeysOf(folded, syllables)
}

// KeysOf builds the keys of a folded name from the syllables that its holder
// gives.
func KeysOf(folded string, syllables []string) NameKeys {
	k := NameKeys{Folded: folded}
	for _, s := range syllables {
		if s = FoldQuery(s); s != "" {
			k.Pinyin += s
			k.Initials += s[:1]
			k.SortKey += s + " "
		}
	}
	k.SortKey += folded
	return k
}

// FoldName normalizes names for comparison: compatibility forms, lower case, no
// blanks, and a single sign for the dot within a name.
func FoldName(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(strings.TrimSpace(name)) {
		switch {
		case unicode.IsSpace(r), r == '\u200b', r == '\u200c', r == '\u200d', r == '\ufeff', r == '\u00ad':
		case strings.ContainsRune("·•‧・∙⋅.．", r):
			b.WriteRune('·')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// FoldNumber normalizes police, badge and personnel numbers for comparison:
// half-width, upper case, no blanks or hyphens.
func FoldNumber(no string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(no) {
		if !unicode.IsSpace(r) && r != '-' && !unicode.Is(unicode.Cf, r) {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// FoldLogin maps spellings of a login that a person would take for the same to
// one account: compatibility forms, lower case, no blanks or invisible marks.
func FoldLogin(login string) string {
	return strings.ToLower(FoldNumber(strings.ReplaceAll(login, "-", "_")))
}

// FoldQuery normalizes typed pinyin to match the stored keys: lower-case Latin
// letters and digits only, ü as v, no tone marks.
func FoldQuery(q string) string {
	var b strings.Builder
	q = strings.NewReplacer("ü", "v", "Ü", "v", "u:", "v", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v").Replace(norm.NFC.String(q))
	for _, r := range norm.NFKD.String(q) {
		r = unicode.ToLower(r)
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// MaskedTail returns the part of a national id that may be shown.
func MaskedTail(id string) string {
	id = FoldNumber(id)
	if len(id) <= 4 {
		return ""
	}
	return "****" + id[len(id)-4:]
}

// surname reads the surname at the start of a folded name where the common
// reading of its characters would be wrong, and returns nil elsewhere.
func surname(folded string) []string {
	runes := []rune(folded)
	if len(runes) >= 3 {
		if s, ok := surnames[string(runes[:2])]; ok {
			return strings.Fields(s)
		}
	}
	if len(runes) >= 2 {
		if s, ok := surnames[string(runes[:1])]; ok {
			return strings.Fields(s)
		}
	}
	return nil
}

// surnames maps characters to their readings as surnames.
var surnames = map[string]string{
	"单": "shan", "仇": "qiu", "曾": "zeng", "解": "xie", "查": "zha", "任": "ren", "区": "ou", "朴": "piao",
	"盖": "ge", "尉": "wei", "缪": "miao", "乐": "yue", "翟": "zhai", "覃": "qin", "召": "shao", "种": "chong",
	"纪": "ji", "华": "hua", "葛": "ge", "宁": "ning", "卜": "bu", "冼": "xian", "燕": "yan", "隗": "wei",
	"洗": "xian", "秘": "bi", "折": "she", "黑": "he", "员": "yun", "贠": "yun", "逄": "pang", "祭": "zhai",
	"车": "che", "长": "zhang", "晁": "chao", "鲍": "bao", "费": "fei", "贾": "jia", "瞿": "qu", "谌": "chen",
	"褚": "chu", "万": "wan", "俞": "yu", "於": "yu", "那": "na", "哈": "ha", "佴": "nai", "能": "nai",
	"乜": "nie", "繁": "po", "撒": "sa", "么": "yao", "幺": "yao", "应": "ying", "郇": "xun", "教": "jiao",
	"牟": "mou", "殷": "yin", "相": "xiang", "柏": "bai", "宓": "mi", "訾": "zi", "恽": "yun", "郗": "xi",
	"郤": "xi", "都": "du", "过": "guo", "呙": "guo", "佘": "she", "沈": "shen", "石": "shi", "叶": "ye",
	"曲": "qu", "行": "xing", "重": "chong", "句": "gou", "适": "kuo", "俟": "qi", "莘": "shen", "臧": "zang",
	"单于": "chan yu", "尉迟": "yu chi", "万俟": "mo qi", "澹台": "tan tai", "长孙": "zhang sun", "令狐": "ling hu",
	"宇文": "yu wen", "诸葛": "zhu ge", "欧阳": "ou yang", "司马": "si ma", "上官": "shang guan", "皇甫": "huang fu",
	"公孙": "gong sun", "慕容": "mu rong", "司徒": "si tu", "夏侯": "xia hou", "东方": "dong fang", "端木": "duan mu",
	"呼延": "hu yan", "南宫": "nan gong", "独孤": "du gu", "钟离": "zhong li", "鲜于": "xian yu", "闾丘": "lv qiu",
	"亓官": "qi guan", "濮阳": "pu yang", "公冶": "gong ye", "宗政": "zong zheng", "太叔": "tai shu", "申屠": "shen tu",
	"轩辕": "xuan yuan", "赫连": "he lian", "拓跋": "tuo ba", "百里": "bai li", "西门": "xi men", "乐正": "yue zheng",
}
