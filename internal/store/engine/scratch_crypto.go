package engine

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"plumbline/internal/fault"
	"plumbline/internal/intake"
	"plumbline/internal/seal"
	"plumbline/internal/selfcheck"
	"plumbline/internal/store/keys"
)

// Data passing through scratch tables, such as drafts of answers and uploaded
// files, may be as sensitive as what is filed. It is stored encrypted too;
// otherwise PostgreSQL would keep it in dead tuples and its log long after
// deletion.

const draftMark = "k1:"

// sealDraft encrypts one draft as "k1:<key>:<base64>".
func sealDraft(key *keys.Key, d *selfcheck.Draft) string {
	sealed := seal.Encrypt(&key.Secret, draftPlace(d), []byte(d.Body))
	return draftMark + strconv.FormatInt(key.ID, 10) + ":" + base64.StdEncoding.EncodeToString(sealed)
}

func draftPlace(d *selfcheck.Draft) seal.Place {
	return seal.Place{Table: "drafts", Column: "body", Record: d.SubmissionID + " " + strconv.FormatInt(d.ItemNo, 10)}
}

// cutDraft splits a stored draft into key number and ciphertext. ok is false
// for anything the program did not write.
func cutDraft(body string) (id int64, sealed []byte, ok bool) {
	rest, ok := strings.CutPrefix(body, draftMark)
	if !ok {
		return 0, nil, false
	}
	number, text, ok := strings.Cut(rest, ":")
	if !ok {
		return 0, nil, false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, nil, false
	}
	sealed, err = base64.StdEncoding.DecodeString(text)
	return id, sealed, err == nil
}

// OpenDrafts decrypts drafts in place. A draft whose key is gone counts as
// never saved and is left out.
func (s *Store) OpenDrafts(ctx context.Context, rows []selfcheck.Draft) ([]selfcheck.Draft, error) {
	var ids []int64
	for i := range rows {
		if id, _, ok := cutDraft(rows[i].Body); ok {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return rows, nil
	}
	store, err := s.keyStore()
	if err != nil {
		return nil, err
	}
	secrets, err := store.Get(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := rows[:0]
	for i := range rows {
		id, sealed, ok := cutDraft(rows[i].Body)
		if secret := secrets[id]; ok && secret != nil {
			if plain, err := seal.Decrypt(secret, draftPlace(&rows[i]), sealed); err == nil {
				rows[i].Body = string(plain)
				out = append(out, rows[i])
			}
		}
	}
	return out, nil
}

// SaveDrafts saves answers, overwriting those of the same items. All drafts of
// one list share a key, which is destroyed when the list is filed.
func (sx *ScratchTx) SaveDrafts(ctx context.Context, rows []selfcheck.Draft) (err error) {
	if len(rows) == 0 {
		return nil
	}
	defer Doing(&err, "save the drafts of list", rows[0].SubmissionID)
	store, err := sx.s.keyStore()
	if err != nil {
		return err
	}
	key, err := sx.draftKey(ctx, store, rows[0].SubmissionID)
	if err != nil {
		return err
	}
	sealed := make([]selfcheck.Draft, len(rows))
	for i, d := range rows {
		d.Body = sealDraft(key, &d)
		sealed[i] = d
	}
	return sx.Upsert(ctx, &sealed, "submission_id, item_no", "round", "seq", "body", "saved_at")
}

// draftKey returns the key of a list's existing drafts, or a new one.
func (sx *ScratchTx) draftKey(ctx context.Context, store *keys.Store, submissionID string) (*keys.Key, error) {
	ids, err := sx.draftKeys(ctx, submissionID)
	if err != nil {
		return nil, err
	}
	have, err := store.Get(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for id, secret := range have {
		return &keys.Key{ID: id, Secret: *secret}, nil
	}
	fresh, err := store.Take(ctx, 1)
	if err != nil {
		return nil, err
	}
	return &fresh[0], sx.seenKeys(ctx)
}

func (sx *ScratchTx) draftKeys(ctx context.Context, submissionID string) ([]int64, error) {
	var bodies []string
	if err := sx.db.NewSelect().Model((*selfcheck.Draft)(nil)).Column("body").Where("submission_id = ?", submissionID).
		Scan(ctx, &bodies); err != nil {
		return nil, err
	}
	var ids []int64
	for _, b := range bodies {
		if id, _, ok := cutDraft(b); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// DropDrafts deletes the saved answers of a filed list and then destroys their
// key.
func (s *Store) DropDrafts(ctx context.Context, submissionID string) (err error) {
	defer Doing(&err, "delete the drafts of list", submissionID)
	ids, err := s.deleteDrafts(ctx, submissionID)
	if err == nil {
		s.destroyLater(ids)
	}
	return err
}

// deleteDrafts is the transaction of DropDrafts.
func (s *Store) deleteDrafts(ctx context.Context, submissionID string) (ids []int64, err error) {
	err = s.Scratch(ctx, func(ctx context.Context, sx *ScratchTx) (err error) {
		if ids, err = sx.draftKeys(ctx, submissionID); err != nil {
			return err
		}
		if _, err = sx.Delete(ctx, (*selfcheck.Draft)(nil), "submission_id = ?", submissionID); err != nil {
			return err
		}
		return sx.NoteDoomedKeys(ctx, ids)
	})
	return ids, err
}

// uploadMark starts an encrypted upload: mark, key number, ciphertext.
var uploadMark = []byte("\x00plumbline k1\x00")

func uploadPlace(id string) seal.Place {
	return seal.Place{Table: "uploads", Column: "data", Record: id}
}

// AddUpload stores a file until its import has ended.
func (sx *ScratchTx) AddUpload(ctx context.Context, up *intake.Upload) (err error) {
	defer Doing(&err, "store upload", up.ID)
	store, err := sx.s.keyStore()
	if err != nil {
		return err
	}
	fresh, err := store.Take(ctx, 1)
	if err != nil {
		return err
	}
	row := *up
	row.Data = append(binary.BigEndian.AppendUint64(append([]byte(nil), uploadMark...), uint64(fresh[0].ID)),
		seal.Encrypt(&fresh[0].Secret, uploadPlace(up.ID), up.Data)...)
	return errors.Join(sx.Insert(ctx, &row), sx.seenKeys(ctx))
}

func uploadKey(data []byte) (id int64, sealed []byte, ok bool) {
	if len(data) < len(uploadMark)+8 || string(data[:len(uploadMark)]) != string(uploadMark) {
		return 0, nil, false
	}
	rest := data[len(uploadMark):]
	return int64(binary.BigEndian.Uint64(rest)), rest[8:], true
}

// openUpload decrypts the file in place.
func (s *Store) openUpload(ctx context.Context, up *intake.Upload) error {
	id, sealed, ok := uploadKey(up.Data)
	if !ok {
		return seal.ErrOpen
	}
	store, err := s.keyStore()
	if err != nil {
		return err
	}
	secrets, err := store.Get(ctx, id)
	if err != nil {
		return err
	}
	if secrets[id] == nil {
		return seal.ErrOpen
	}
	up.Data, err = seal.Decrypt(secrets[id], uploadPlace(up.ID), sealed)
	return err
}

// DropUploads deletes files and then destroys their keys.
func (s *Store) DropUploads(ctx context.Context, where string, args ...any) (err error) {
	defer Doing(&err, "delete uploads", "")
	var ids []int64
	err = s.Scratch(ctx, func(ctx context.Context, sx *ScratchTx) error {
		var heads []struct {
			Head []byte `bun:"head"`
		}
		if err := sx.db.NewSelect().Model((*intake.Upload)(nil)).ColumnExpr("substr(data, 1, 32) AS head").Where(where, args...).
			Scan(ctx, &heads); err != nil {
			return err
		}
		for _, h := range heads {
			if id, _, ok := uploadKey(h.Head); ok {
				ids = append(ids, id)
			}
		}
		if _, err := sx.Delete(ctx, (*intake.Upload)(nil), where, args...); err != nil {
			return err
		}
		return sx.NoteDoomedKeys(ctx, ids)
	})
	if err == nil {
		s.destroyLater(ids)
	}
	return err
}

// Upload reads a stored file. It returns a not-found fault if it does not
// exist.
func (v *View) Upload(ctx context.Context, id string) (*intake.Upload, error) {
	var rows []*intake.Upload
	if err := v.db.NewSelect().Model(&rows).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, fault.NotFound()
	}
	return rows[0], v.s.openUpload(ctx, rows[0])
}
