package paper

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/ledger"
	"plumbline/internal/words"
)

// ReceiptName is the file name of a receipt, without its ending.
func ReceiptName(seq int64) string { return "receipt-" + strconv.FormatInt(seq, 10) }

// Receipt makes the PDF of a receipt: what it says, what that proves, its QR
// codes, and the text itself as an attachment, by which the file is verified.
// o is the receipt's checkpoint; zone is where civil time is read.
func Receipt(lang words.Lang, r *ledger.Receipt, o *ledger.Opened, zone *time.Location) ([]byte, error) {
	codes, err := r.Code()
	if err != nil {
		return nil, err
	}
	t := func(key string, kv ...any) string { return words.T(lang, key, kv...) }
	d := New(lang, t("receipt.title"), r.Time)
	d.Facts([]Fact{
		{t("receipt.number"), strconv.FormatInt(r.Seq, 10)},
		{t("receipt.time"), r.Time.In(zone).Format("2006-01-02 15:04:05 -07:00")},
		{t("receipt.leaf"), Groups(hex.EncodeToString(r.Leaf[:]))},
		{t("receipt.log"), o.Origin},
		{t("receipt.size"), strconv.FormatInt(o.Size, 10)},
		{t("receipt.witnesses"), witnesses(t, o, zone)},
	})
	d.Heading(t("receipt.digits"))
	d.Large(o.Digits())
	d.Text(t("receipt.digits.help"))
	d.Heading(t("receipt.proves"))
	for _, key := range []string{"receipt.proves.in", "receipt.proves.no_content", "receipt.proves.time"} {
		d.Text(t(key))
	}
	d.Heading(t("receipt.how"))
	for _, key := range []string{"receipt.how.page", "receipt.how.command", "receipt.how.key"} {
		d.Text(t(key))
	}
	width := 62.0
	if len(codes) > 1 {
		width = 56
	}
	d.Codes(codes, width)
	d.Attach(ReceiptName(r.Seq)+".tlog-proof", t("receipt.title"), r.Marshal())
	return d.Bytes()
}

func witnesses(t func(string, ...any) string, o *ledger.Opened, zone *time.Location) string {
	if len(o.Witnesses) == 0 {
		return t("receipt.witness.none")
	}
	var lines []string
	for _, w := range o.Witnesses {
		lines = append(lines, t("receipt.witness.line", "Name", w.Witness, "Time", w.Time.In(zone).Format("2006-01-02 15:04")))
	}
	return strings.Join(lines, "\n")
}

// Groups writes a hash in groups of eight digits, for comparing by eye.
func Groups(hash string) string {
	var parts []string
	for len(hash) > 8 {
		parts, hash = append(parts, hash[:8]), hash[8:]
	}
	return strings.Join(append(parts, hash), " ")
}
