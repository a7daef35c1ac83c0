package paper

import (
	"strings"
	"unicode"
)

// wrap breaks a text into lines that are no wider than width. Chinese breaks
// between any two characters, but not before what closes nor after what opens;
// other text breaks at spaces, and in a word only where a word alone is wider.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, piece := range pieces(paragraph) {
			if measure(strings.TrimRight(line+piece, " ")) <= width {
				line += piece
				continue
			}
			if line != "" {
				lines = append(lines, strings.TrimRight(line, " "))
			}
			line = ""
			for _, r := range strings.TrimLeft(piece, " ") {
				if measure(line+string(r)) > width && line != "" {
					lines = append(lines, line)
					line = ""
				}
				line += string(r)
			}
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

const (
	closing = "，。、；：？！）》」』”’…,.;:?!)"
	opening = "（《「『“‘("
)

// pieces cuts a text where a line may end.
func pieces(text string) []string {
	var out []string
	runes := []rune(text)
	from := 0
	for i := 1; i < len(runes); i++ {
		before, after := runes[i-1], runes[i]
		breakable := before == ' ' && after != ' ' || (wide(before) || wide(after)) && after != ' '
		if breakable && !strings.ContainsRune(closing, after) && !strings.ContainsRune(opening, before) {
			out = append(out, string(runes[from:i]))
			from = i
		}
	}
	return append(out, string(runes[from:]))
}

func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r < 0x3100 || r >= 0xff00 && r < 0xffe7
}
