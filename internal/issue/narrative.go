package issue

import "strconv"

// NarrativeField is the name under which a revision of the narrative is
// stored: texts are written once, and a resubmitted list may say more than the
// first one did. Round 1 is the first text.
func NarrativeField(round int64) string {
	if round <= 1 {
		return "narrative"
	}
	return "narrative." + strconv.FormatInt(round, 10)
}

// Narrative is the newest revision among a record's texts, the one to which
// NarrativeC commits; "" if it was erased or there is none.
func Narrative(texts map[string]string) string {
	text := texts["narrative"]
	newest := int64(1)
	for field, value := range texts {
		if len(field) > len("narrative.") && field[:len("narrative.")] == "narrative." {
			if round, err := strconv.ParseInt(field[len("narrative."):], 10, 64); err == nil && round > newest {
				text, newest = value, round
			}
		}
	}
	return text
}
