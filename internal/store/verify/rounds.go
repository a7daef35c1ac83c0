package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/selfcheck"
	"plumbline/internal/store/engine"
)

// submitVerb is the verb of the entries that file a round of answers.
const submitVerb = "submission.submit"

// round is one filing of one list.
type round struct {
	id string
	no int64
}

// answers recomputes the digest of every round of answers and compares it with
// the submission's row for the last round and with the slip of the filing entry
// for earlier ones: whoever filed them must be able to prove them even after
// filing again.
func (c *check) answers(ctx context.Context) error {
	tasks, err := c.stretches(ctx, *engine.KindByName["submission"])
	if err != nil {
		return err
	}
	return ordered(ctx, c.lanes, tasks, c.readAnswers, func(wrong []Finding) error {
		for _, f := range wrong {
			c.verdict.add(f)
		}
		return nil
	})
}

// readAnswers returns the rounds whose answers do not match their digest.
func (c *check) readAnswers(ctx context.Context, v *engine.View, s stretch) (wrong []Finding, err error) {
	var subs []selfcheck.Submission
	q := engine.DB(v).NewSelect().Model(&subs).Column("id", "round", "answers_digest").Where("id > ? AND round > 0", s.after)
	if s.upTo != "" {
		q = q.Where("id <= ?", s.upTo)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, err
	}
	filed, err := filedAnswers(ctx, v, s)
	if err != nil {
		return nil, err
	}
	bad := func(seq int64, id string, why Reason) {
		wrong = append(wrong, Finding{seq, time.Time{}, "submission", id, "row_changed", why})
	}
	for i := range subs {
		last := round{subs[i].ID, subs[i].Round}
		if !bytes.Equal(selfcheck.AnswersDigest(filed[last]), subs[i].AnswersDigest) {
			bad(-1, last.id, reason("answers_changed"))
		}
		delete(filed, last)
		if last.no == 1 {
			continue
		}
		earlier, err := earlierRounds(ctx, v, last.id) // few lists are ever returned
		if err != nil {
			return nil, err
		}
		for no := int64(1); no < last.no; no++ {
			kept, ok := earlier[no]
			if !ok {
				bad(-1, last.id, reason("round_unproven", "Round", no))
			} else if !bytes.Equal(selfcheck.AnswersDigest(filed[round{last.id, no}]), kept.digest) {
				bad(kept.seq, last.id, reason("round_changed", "Round", no))
			}
			delete(filed, round{last.id, no})
			texts, err := c.earlierTexts(ctx, v, kept)
			if err != nil {
				return nil, err
			}
			wrong = append(wrong, texts...)
		}
	}
	for r := range filed {
		bad(-1, r.id, reason("round_unfiled", "Round", r.no))
	}
	slices.SortStableFunc(wrong, func(a, b Finding) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	return wrong, nil
}

// filedAnswers reads the answers of a stretch of lists by round. A sheet that is
// damaged has none, which no digest matches.
func filedAnswers(ctx context.Context, v *engine.View, s stretch) (map[round][]selfcheck.Answer, error) {
	var sheets []selfcheck.AnswerSheet
	var items []selfcheck.LeaderItem
	for _, rows := range []any{&sheets, &items} {
		q := engine.DB(v).NewSelect().Model(rows).Where("submission_id > ?", s.after)
		if s.upTo != "" {
			q = q.Where("submission_id <= ?", s.upTo)
		}
		if err := q.Scan(ctx); err != nil {
			return nil, err
		}
	}
	named := make(map[round][]selfcheck.LeaderItem)
	for _, i := range items {
		key := round{i.SubmissionID, i.Round}
		named[key] = append(named[key], i)
	}
	filed := make(map[round][]selfcheck.Answer, len(sheets))
	for _, sheet := range sheets {
		key := round{sheet.SubmissionID, sheet.Round}
		filed[key], _ = selfcheck.UnpackAnswers(sheet, named[key])
		delete(named, key)
	}
	for key, of := range named { // of a round that has no sheet
		filed[key], _ = selfcheck.UnpackAnswers(selfcheck.AnswerSheet{Body: []byte{0}}, of)
	}
	return filed, nil
}

// keptRound is what the slip of a filing says about its answers.
type keptRound struct {
	seq    int64
	digest []byte
	rows   []engine.SlipRow
}

// earlierRounds reads what the slips of a list's filings say about each round.
// slips checks the slips themselves.
func earlierRounds(ctx context.Context, v *engine.View, id string) (map[int64]keptRound, error) {
	var kept []engine.Slip
	filings := engine.DB(v).NewSelect().Model((*engine.LedgerEntry)(nil)).Column("seq").Where("object_id = ? AND verb = ?", id, submitVerb)
	if err := engine.DB(v).NewSelect().Model(&kept).Where("seq IN (?)", filings).Order("seq").Scan(ctx); err != nil {
		return nil, err
	}
	out := make(map[int64]keptRound, len(kept))
	for i := range kept {
		rows, err := kept[i].Unpack()
		if err != nil {
			continue // reported by slips
		}
		for _, r := range rows {
			if r.Kind != "submission" || r.ID != id {
				continue
			}
			no, _ := strconv.ParseInt(r.Value("round"), 10, 64)                     // an integer column
			digest, _ := base64.StdEncoding.DecodeString(r.Value("answers_digest")) // a bytes column
			out[no] = keptRound{kept[i].Seq, digest, rows}
		}
	}
	return out, nil
}

// earlierTexts returns the texts of an earlier round that no longer open the
// round's commitments. A later text of the same issue is stored beside the
// earlier one, and the row commits to the later one only.
func (c *check) earlierTexts(ctx context.Context, v *engine.View, k keptRound) (wrong []Finding, err error) {
	if engine.Of(v).KeysMissing() {
		return nil, nil // already counted as unread with the rows
	}
	var ids []string
	for _, r := range k.rows {
		ids = append(ids, r.ID)
	}
	texts, err := v.Openings(ctx, ids...)
	if err != nil {
		return nil, err
	}
	opened := make(map[string]bool, len(texts))
	for i := range texts {
		opened[texts[i].RecordID+" "+base64.StdEncoding.EncodeToString(texts[i].Commitment())] = true
	}
	for _, r := range k.rows {
		said := r.Value("narrative_c")
		if said != "" && !c.erased[r.ID] && !opened[r.ID+" "+said] {
			wrong = append(wrong, Finding{k.seq, time.Time{}, r.Kind, r.ID, "text_changed", reason("round_text")})
		}
	}
	return wrong, nil
}
