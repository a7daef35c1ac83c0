package paper

import (
	"strconv"
	"strings"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/words"
)

// Posted is a checkpoint for the notice board.
type Posted struct {
	ledger.Checkpoint
	At        time.Time
	Witnesses []string // who cosigned it
	Keys      []string // verifier keys of the log, each with its algorithm and fingerprint on the next line
	Note      string   // the signed note; the QR code holds it
}

// NoticeName is the file name of a notice, without its ending.
func NoticeName(size int64) string { return "notice-" + strconv.FormatInt(size, 10) }

// Notice makes the A4 notice: date, size and digits in large type, how to
// compare, and the signed note as QR code and attachment.
func Notice(lang words.Lang, c Posted, zone *time.Location) ([]byte, error) {
	t := func(key string, kv ...any) string { return words.T(lang, key, kv...) }
	d := New(lang, t("notice.title"), c.At)
	d.Facts([]Fact{
		{t("notice.time"), c.At.In(zone).Format("2006-01-02 15:04:05 -07:00")},
		{t("notice.origin"), c.Origin},
		{t("notice.size"), strconv.FormatInt(c.Size, 10)},
		{t("notice.witnesses"), WitnessList(lang, c.Witnesses)},
		{t("notice.key"), strings.Join(c.Keys, "\n")},
	})
	d.Heading(t("notice.digits"))
	groups := strings.Fields(c.Digits())
	d.Poster(strings.Join(groups[:4], "  "))
	d.Poster(strings.Join(groups[4:], "  "))
	d.Heading(t("notice.how"))
	for _, key := range []string{"notice.how.copy", "notice.how.compare", "notice.how.differ"} {
		d.Text(t(key))
	}
	d.Heading(t("notice.code"))
	d.Codes([]string{c.Note}, min(62, max(40, d.room()))) // smaller rather than on a second sheet
	d.Attach(NoticeName(c.Size)+".checkpoint", t("notice.title"), []byte(c.Note))
	return d.Bytes()
}

// WitnessList names those who cosigned, or says that nobody did.
func WitnessList(lang words.Lang, names []string) string {
	if len(names) == 0 {
		return words.T(lang, "notice.witness.none")
	}
	return strings.Join(names, "\n")
}

// Poster is a line to be read from across a corridor.
func (d *Doc) Poster(text string) {
	if d.err != nil {
		return
	}
	d.block(38, 18, inner, "C", text)
}
