package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/store"
	"plumbline/policies"
)

const (
	passwordMin = 10 // characters
	passwordMax = 128
	typedMost   = 500 // bytes that are looked at where a secret is typed

	appendedMost = 4 // digits and signs around a common password that make no other one of it
	ownPartMin   = 3 // characters of a name or number that are looked for in a password
	ownRestMin   = 6 // letters that a password must have beside names and numbers of its owner
	ownNumberMin = 5 // digits of a number that no password of its owner may hold
)

// owner is what others may know about the owner of a password.
type owner struct {
	login  string   // folded
	parts  []string // names and numbers, folded as passwords are
	whole  []string // of them those that no password may hold at all
	idHash string
}

// JudgePassword checks a new password before a one-time code is spent on it.
func (a *Logins) JudgePassword(ctx context.Context, password, login string) error {
	own := owner{login: roster.FoldLogin(login)}
	err := a.Store.View(ctx, func(ctx context.Context, v *store.View) error {
		account, err := v.AccountByLogin(ctx, own.login)
		if err != nil || account == nil {
			return err
		}
		own, err = a.ownerOf(ctx, v, account.ID)
		return err
	})
	if err != nil {
		return err
	}
	return a.judgePassword(password, own)
}

// ownerOf gathers the names and numbers of the account's person and units.
func (a *Logins) ownerOf(ctx context.Context, v *store.View, accountID string) (own owner, err error) {
	f, err := v.ActorFacts(ctx, accountID)
	if err != nil {
		return own, err
	}
	own = owner{login: f.Account.LoginFolded, idHash: f.Person.IDHash}
	p := f.Person
	born := strings.ReplaceAll(string(p.BornOn), "-", "")
	words := []string{f.Account.Login, p.Name, p.Pinyin, p.PersonnelNo, born, p.FamilyName, p.GivenName, p.MiddleName}
	if len(born) == 8 { // 19900308: also 900308, 0308, 1990, and as 08031990 and 03081990
		words = append(words, born[2:], born[4:], born[:4], born[6:]+born[4:6]+born[:4], born[4:]+born[:4])
	}
	if p.ID != "" {
		ids, err := v.IdentifiersOf(ctx, []string{p.ID})
		if err != nil {
			return own, err
		}
		for _, id := range ids[p.ID] {
			words = append(words, id.Value)
			own.whole = append(own.whole, numberIn(id.Value))
		}
	}
	own.whole = append(own.whole, numberIn(p.PersonnelNo), foldPassword(p.Name))
	own.whole = slices.DeleteFunc(own.whole, func(w string) bool { return w == "" })
	units := []string{p.UnitID}
	for _, posting := range f.Postings {
		units = append(units, posting.UnitID)
	}
	at, err := v.UnitsByID(ctx, units)
	if err != nil {
		return own, err
	}
	for _, u := range at {
		words = append(words, u.Name, u.NameEN, u.Code)
	}
	for _, w := range words {
		w = foldPassword(w)
		if utf8.RuneCountInString(w) >= ownPartMin || w != "" && w[0] >= utf8.RuneSelf { // a name of two characters is one
			own.parts = append(own.parts, w)
		}
	}
	if len(p.Initials) >= 2 { // before or after digits they are as good as a name
		own.parts = append(own.parts, foldPassword(p.Initials))
	}
	slices.SortFunc(own.parts, func(a, b string) int { return len(b) - len(a) }) // the longest first
	return own, nil
}

// judgePassword refuses passwords that are too short, the login, one character
// over and over, common, or hardly more than what others know of their owner.
func (a *Logins) judgePassword(password string, own owner) error {
	runes := []rune(password)
	switch {
	case !utf8.ValidString(password) || len(runes) < passwordMin:
		return fault.Invalid("password_short", "new", "Min", passwordMin)
	case len(runes) > passwordMax:
		return fault.Invalid("password_long", "new", "Max", passwordMax)
	case strings.Contains(strings.ToLower(password), own.login) && own.login != "" || strings.Trim(password, string(runes[:1])) == "":
		return fault.Invalid("password_simple", "new")
	case common(password):
		return fault.Invalid("password_common", "new")
	case own.made(foldPassword(password)) || a.holdsID(password, own.idHash):
		return fault.Invalid("password_own", "new")
	}
	return nil
}

// numberIn returns the digits of a number, or "" if there are too few to be telling.
func numberIn(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	if len(digits) < ownNumberMin {
		return ""
	}
	return digits
}

// foldPassword reduces trivial variants of a word to one: compatibility forms, lower
// case, letters and digits only.
func foldPassword(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// made reports whether a folded password contains the owner's full name or one of
// his numbers, or little more than other facts known about him: fewer than six
// letters remain once those facts and all digits are removed.
func (o owner) made(folded string) bool {
	if slices.ContainsFunc(o.whole, func(w string) bool { return strings.Contains(folded, w) }) {
		return true
	}
	rest := folded
	for _, part := range o.parts {
		rest = strings.ReplaceAll(rest, part, " ")
	}
	if rest == folded {
		return false
	}
	letters := 0
	for _, r := range rest {
		switch {
		case r > 0x2e80: // a character says as much as two letters
			letters += 2
		case unicode.IsLetter(r):
			letters++
		}
	}
	return letters < ownRestMin
}

// holdsID reports whether the password holds the owner's national id, of which
// only a keyed hash is known.
func (a *Logins) holdsID(password, idHash string) bool {
	s := strings.ToUpper(foldPassword(password))
	for ; idHash != "" && len(s) >= 18; s = s[1:] {
		if a.NationalIDHash(s[:18]) == idHash {
			return true
		}
	}
	return false
}

// common reports whether the password, in any case and with a few extra digits or
// signs, is on the list of common passwords.
func common(password string) bool {
	folded := strings.ToLower(norm.NFKC.String(password))
	bare := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	return isCommon(folded) || bare != "" && utf8.RuneCountInString(folded)-utf8.RuneCountInString(bare) <= appendedMost && isCommon(bare)
}

// commonDigest is the form in which the list stores a password: 40 bits of its
// SHA-256. About one unlisted password in five million collides.
func commonDigest(folded string) uint64 {
	sum := sha256.Sum256([]byte("plumbline common password v1\n" + folded))
	return binary.BigEndian.Uint64(sum[:8]) >> 24
}

// commonOnes is the sorted list; the file stores each entry as the distance from the
// one before.
var commonOnes = sync.OnceValue(func() []uint64 {
	out := make([]uint64, 0, len(policies.Passwords)/4)
	last := uint64(0)
	for b := policies.Passwords; len(b) >= 4; b = b[4:] {
		last += uint64(binary.BigEndian.Uint32([]byte(b[:4])))
		out = append(out, last)
	}
	return out
})

func isCommon(folded string) bool {
	_, found := slices.BinarySearch(commonOnes(), commonDigest(folded))
	return found
}
