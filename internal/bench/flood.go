package bench

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"sync"

	"plumbline/internal/demo"
	"plumbline/internal/sheet"
)

const (
	floodUploads = 60
	floodSize    = 20 << 20 // bytes of each file
)

// flood measures the most memory that this program takes, serving the small
// site, while many large files are sent at once: by an officer, who has no right
// to send them, and by an inspector, as CSV and as XLSX.
func flood(ctx context.Context, o Options, file string) (figures []Figure, err error) {
	s, err := open(ctx, file, demo.Small, false)
	if err != nil {
		return nil, err
	}
	if err := s.maker.Make(ctx); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	tokens, err := s.sessions(ctx, []demo.Filer{{Account: s.maker.Reader("demo-officer")}, {Account: s.maker.Reader("demo-inspector")}})
	if err = errors.Join(err, s.store.Close()); err != nil {
		return nil, err
	}
	key := file + ".key"
	if err := os.WriteFile(key, []byte(hex.EncodeToString(secret)), 0o600); err != nil {
		return nil, err
	}
	csv, xlsx, err := floodFiles()
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name, token, file string
		data              []byte
	}{
		{"without the right to", tokens[0], "flood.csv", csv},
		{"as CSV", tokens[1], "flood.csv", csv},
		{"as XLSX", tokens[1], "flood.xlsx", xlsx},
	} {
		o.Tell("%d uploads of %d MB at once, %s\n", floodUploads, len(f.data)>>20, f.name)
		p, err := serve(ctx, file, key)
		if err != nil {
			return figures, err
		}
		answers, err := pour(ctx, p.url+"/api/v1/audit/preview", f.token, f.file, f.data)
		most, unknown := peak(p.command.Process.Pid)
		if err = errors.Join(err, p.stop()); err != nil {
			return figures, err
		}
		figure := Figure{Name: fmt.Sprintf("memory while %d files of %d MB are sent at once, %s", floodUploads, len(f.data)>>20, f.name),
			Measured: fmt.Sprintf("%.0f MB", float64(most)/1024), Goal: "under 400 MB", Note: fmt.Sprintf("answers %v", answers)}
		if unknown != nil {
			figure.Measured = "LEFT OUT: this system does not tell it"
		}
		figures = append(figures, figure)
	}
	return figures, nil
}

// floodFiles are two audit files of about the size, invented.
func floodFiles() (csv, xlsx []byte, err error) {
	r := rand.New(rand.NewPCG(1, 2))
	row := func() []string {
		text := make([]byte, 300)
		for i := range text {
			text[i] = 'a' + byte(r.IntN(26))
		}
		return []string{"林甲", strconv.Itoa(100_000 + r.IntN(100_000)), "服务差", "2026-02-01", string(text)}
	}
	write := func(w *sheet.Writer, rows int) error {
		err := w.Header("姓名", "警号", "问题类别", "发生时间", "问题描述")
		for range rows {
			err = errors.Join(err, w.Texts(row()))
		}
		_, closed := w.Close()
		return errors.Join(err, closed)
	}
	var plain, packed bytes.Buffer
	err = write(sheet.NewCSV(&plain), floodSize/340)
	book, failed := sheet.NewXLSX(&packed, "flood")
	if err = errors.Join(err, failed); err != nil {
		return nil, nil, err
	}
	err = write(book, floodSize/220)
	return plain.Bytes(), packed.Bytes(), err
}

// pour sends the file from every client at once and counts the answers by their
// status; a connection that the server closed on the way counts as 0.
func pour(ctx context.Context, url, token, name string, data []byte) (map[int]int, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("source", "petition"); err != nil {
		return nil, err
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		return nil, err
	}
	_, err = part.Write(data)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	answers := make(map[int]int)
	var mu sync.Mutex
	var wg sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: floodUploads}}
	for range floodUploads {
		wg.Go(func() {
			status := 0 // the connection was closed before there was an answer
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body.Bytes()))
			if err == nil {
				req.Header.Set("Content-Type", w.FormDataContentType())
				req.Header.Set("Authorization", "Bearer "+token)
				var res *http.Response
				if res, err = client.Do(req); err == nil {
					status = res.StatusCode
					_, _ = io.Copy(io.Discard, res.Body) // the status is what counts
					_ = res.Body.Close()
				}
			}
			mu.Lock()
			answers[status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	return answers, ctx.Err()
}
