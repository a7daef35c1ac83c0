// Package api is the JSON face under /api/v1: OpenAPI 3.1, problem+json,
// cursor paging, Idempotency-Key on creates, If-Match or a version on edits.
// It decodes, asks package app, and encodes; it decides nothing.
//
// Every operation is a row of app.Routes; registering one that has no row, or
// leaving a row unregistered, fails at start. It is the only importer of huma.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humabunrouter"
	"github.com/uptrace/bunrouter"

	"plumbline/internal/app"
	"plumbline/internal/app/desk"
	"plumbline/internal/fault"
	"plumbline/internal/roster"
	"plumbline/internal/words"
)

// Prefix is where the face is mounted.
const Prefix = "/api/v1"

// Limits of what a request may send, in bytes.
const (
	BodyLimit   = 1 << 20
	UploadLimit = 21 << 20 // a file of 20 MB and the form around it
)

// Options is what the face needs from the program around it.
type Options struct {
	App *app.App
	// Who says who holds the token of a session or of a script, and why not.
	Who func(ctx context.Context, token string) (*roster.Actor, error)
	// SessionCookie names the browser's session cookie.
	SessionCookie string
	Log           *slog.Logger
}

// Face is the JSON face.
type Face struct {
	Options
	router *bunrouter.Router
	huma   huma.API
	done   map[string]bool
}

// New makes the face with all its operations.
func New(o Options) (*Face, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	f := &Face{Options: o, done: make(map[string]bool)}
	f.router = bunrouter.New(
		bunrouter.WithNotFoundHandler(func(w http.ResponseWriter, r bunrouter.Request) error {
			writeProblem(w, r.Request, fault.NotFound())
			return nil
		}),
		bunrouter.WithMethodNotAllowedHandler(func(w http.ResponseWriter, r bunrouter.Request) error {
			writeProblem(w, r.Request, fault.New(fault.ShapeKind, "method_not_allowed", ""))
			return nil
		}),
	)
	cfg := huma.DefaultConfig("Plumbline", "1")
	cfg.DocsPath, cfg.SchemasPath, cfg.OpenAPIPath = "", "", ""
	cfg.CreateHooks = nil
	cfg.Info.Description = "Personnel issue-tracking and accountability ledger."
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer":  {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: o.SessionCookie},
	}
	cfg.Formats = map[string]huma.Format{
		"application/json": {Marshal: marshal, Unmarshal: unmarshal},
		"json":             {Marshal: marshal, Unmarshal: unmarshal},
	}
	cfg.NoFormatFallback = false
	huma.NewErrorWithContext = problemOfHuma
	huma.NewError = func(status int, msg string, _ ...error) huma.StatusError { // asked for its type alone, which the document describes
		return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: msg}
	}
	f.huma = humabunrouter.New(f.router, cfg)
	f.huma.UseMiddleware(f.authenticate)
	r := &registry{f: f}
	for _, register := range []func(*registry){
		registerCore, registerRoster, registerAccount, registerSelfcheck, registerIntake,
		registerIssue, registerInquiry, registerRectify, registerReport, registerReceipt, registerWitness,
		registerCustody, registerRecusal, registerProposal,
	} {
		register(r)
	}
	for _, row := range app.Routes {
		if row.Path != "" && !f.done[row.Op] {
			return nil, fmt.Errorf("api: operation %s of the route table is not registered", row.Op)
		}
	}
	spec, err := f.OpenAPI()
	if err != nil {
		return nil, err
	}
	f.router.GET(Prefix+"/openapi.json", func(w http.ResponseWriter, r bunrouter.Request) error {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, err := w.Write(spec)
		return err
	})
	return f, nil
}

// OpenAPI is the document that describes the face, as indented JSON.
func (f *Face) OpenAPI() ([]byte, error) {
	raw, err := f.huma.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// ServeHTTP answers everything under Prefix.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if bad := badAddress(r); bad != nil {
		writeProblem(w, r, bad)
		return
	}
	f.router.ServeHTTP(w, r)
}

// badAddress refuses control characters in path and query before anything
// reads them: a NUL in a string is an SQL error.
func badAddress(r *http.Request) *fault.Error {
	query := r.URL.RawQuery
	for i := 0; i+2 < len(query); i++ {
		if query[i] == '%' && (query[i+1] == '0' || query[i+1] == '1' || query[i+1] == '7' && (query[i+2]|0x20) == 'f') {
			return fault.Shape("control_character", "query")
		}
	}
	if strings.ContainsFunc(r.URL.Path, control) {
		return fault.Shape("control_character", "path")
	}
	return nil
}

func control(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r == 0xfffd
}

func marshal(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// unmarshal refuses control characters that JSON escapes can smuggle in.
func unmarshal(data []byte, v any) error {
	for i := 0; i+5 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if data[i+1] == 'u' && data[i+2] == '0' && data[i+3] == '0' && (data[i+4] == '0' || data[i+4] == '1' || data[i+4] == '7') {
			n, err := strconv.ParseUint(string(data[i+4:i+6]), 16, 8)
			if err == nil && control(rune(n)) {
				return fault.Shape("control_character", "body")
			}
		}
		i++
	}
	return json.Unmarshal(data, v)
}

// Call is one request: the caller, the language, and the idempotency key.
type Call struct {
	Actor *roster.Actor
	Lang  words.Lang
	Key   string // Idempotency-Key
	Match int64  // version of If-Match, 0 if there is none
	Token string // bearer token or session cookie
	R     *http.Request
	W     http.ResponseWriter
}

// Version is the version an edit names: in the body or by If-Match.
func (c *Call) Version(body int64) int64 {
	if body != 0 {
		return body
	}
	return c.Match
}

type callKey struct{}

// authenticate identifies the caller. A public operation continues without one.
func (f *Face) authenticate(hc huma.Context, next func(huma.Context)) {
	br, w := humabunrouter.Unwrap(hc)
	r := br.Request
	c := &Call{R: r, W: w, Key: hc.Header("Idempotency-Key"), Lang: words.Match(hc.Header("Accept-Language"), "")}
	if v := strings.Trim(hc.Header("If-Match"), `"`); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			writeProblem(w, r, fault.Shape("if_match_unreadable", "If-Match"))
			return
		}
		c.Match = n
	}
	if len(c.Key) > 200 || strings.ContainsFunc(c.Key, control) {
		writeProblem(w, r, fault.Shape("key_unreadable", "Idempotency-Key"))
		return
	}
	fromCookie := false
	if token, ok := strings.CutPrefix(hc.Header("Authorization"), "Bearer "); ok {
		c.Token = token
	} else if cookie, err := r.Cookie(f.SessionCookie); err == nil {
		c.Token, fromCookie = cookie.Value, true
	}
	public := hc.Operation().Extensions["x-public"] == true
	if c.Token != "" {
		who, err := f.Who(hc.Context(), c.Token)
		if err != nil && !public {
			f.refuse(w, r, err)
			return
		}
		c.Actor = who
		if who != nil && who.Lang != "" && hc.Header("Accept-Language") == "" {
			c.Lang = words.Lang(who.Lang)
		}
	}
	if c.Actor == nil && !public {
		writeProblem(w, r, fault.Unauthenticated())
		return
	}
	// A browser's cookie alone must not write from another site's page; the
	// face of pages has its form token, this one asks for a same-origin fetch.
	if fromCookie && r.Method != http.MethodGet && r.Method != http.MethodHead {
		if err := http.NewCrossOriginProtection().Check(r); err != nil || r.Header.Get("Sec-Fetch-Site") == "" &&
			r.Header.Get("Origin") == "" {
			writeProblem(w, r, fault.Forbidden("cross_origin"))
			return
		}
	}
	done, err := f.admit(c, hc.Operation(), public)
	if err == nil {
		if err = knownQuery(r, hc.Operation()); err != nil {
			done()
		}
	}
	if err != nil {
		f.refuse(w, r, err)
		return
	}
	defer done()
	next(huma.WithValue(hc, callKey{}, c))
}

// refuse writes the fault in err and logs internal errors.
func (f *Face) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := fault.As(err)
	if e.Kind == fault.Internal {
		f.Log.Error("request failed", "request", desk.RequestID(r.Context()), "path", r.Pattern, "err", err)
	}
	retryAfter(w, e)
	writeProblem(w, r, e)
}

// registry registers operations by their row of the route table.
type registry struct{ f *Face }

// Option changes how an operation is registered.
type Option func(*huma.Operation)

// Summary names the operation in the document.
func Summary(s string) Option { return func(o *huma.Operation) { o.Summary = s } }

// Versionless marks an operation that takes no version: it ends what stands, or adds
// to it, whatever version was seen.
func Versionless(o *huma.Operation) {
	o.Parameters = slices.DeleteFunc(o.Parameters, func(p *huma.Param) bool { return p.Name == "If-Match" })
}

// Upload raises the body limit to that of files. The operation parses the form
// itself with readForm, so that a file is in memory only once.
func Upload(o *huma.Operation) {
	o.MaxBodyBytes = UploadLimit
}

// fileForm describes the body of an upload. It is added to the document after
// registration, because huma would parse a body that it knows of.
func fileForm() *huma.RequestBody {
	file := &huma.Schema{Type: "string", Format: "binary"}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"file": file},
			Required: []string{"file"}, AdditionalProperties: true}},
	}}
}

func (r *registry) operation(op string, options []Option) huma.Operation {
	row, ok := app.RouteOf(op)
	if !ok || row.Path == "" {
		panic("api: operation " + op + " has no path in the route table")
	}
	if r.f.done[op] {
		panic("api: operation " + op + " is registered twice")
	}
	r.f.done[op] = true
	o := huma.Operation{
		OperationID: op, Method: row.Method, Path: Prefix + row.Path, Summary: strings.ReplaceAll(op, ".", " "),
		Tags: []string{string(row.Kind)}, DefaultStatus: row.Status, MaxBodyBytes: BodyLimit,
		Errors:     []int{400, 401, 403, 404, 409, 413, 422, 429, 500, 503},
		Security:   []map[string][]string{{"bearer": {}}, {"session": {}}},
		Extensions: map[string]any{"x-act": string(row.Act), "x-kind": string(row.Kind)},
	}
	if row.Public {
		o.Security = nil
		o.Extensions["x-public"] = true
	}
	if row.Create {
		o.Parameters = append(o.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "The same key with the same body gives the first answer again; with another body it is a conflict."})
	}
	if row.Write && !row.Create && row.One() {
		o.Parameters = append(o.Parameters, &huma.Param{Name: "If-Match", In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "Version that the edit was made on, unless the body names it."})
	}
	for _, option := range options {
		option(&o)
	}
	return o
}

// handle registers an operation that takes In (path, query and Body fields
// with huma's tags) and answers with Out as JSON.
func handle[In, Out any](r *registry, op string, fn func(ctx context.Context, c *Call, in *In) (Out, error), options ...Option) {
	f := r.f
	readable(op, reflect.TypeFor[In]())
	o := r.operation(op, options)
	huma.Register(f.huma, o, func(ctx context.Context, in *In) (*struct{ Body Out }, error) {
		c := ctx.Value(callKey{}).(*Call)
		out, err := fn(ctx, c, in)
		if err != nil {
			return nil, f.problem(c, err)
		}
		return &struct{ Body Out }{out}, nil
	})
	if o.MaxBodyBytes == UploadLimit {
		f.huma.OpenAPI().Paths[o.Path].Post.RequestBody = fileForm()
	}
}

// schemaName names a schema by its Go type, or by its operation where the type
// has no name: account.createRequest becomes AccountCreateRequest. OpenAPI allows
// letters, digits, point, hyphen and underscore alone.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() != "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	var b strings.Builder
	for _, part := range strings.FieldsFunc(hint, func(r rune) bool { return r == '.' || r == '_' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// readable refuses an input with an unexported embedded type: huma would silently
// skip its parameters, and every id would be empty.
func readable(op string, in reflect.Type) {
	if in.Kind() != reflect.Struct {
		return
	}
	for i := range in.NumField() {
		if f := in.Field(i); f.Anonymous && !f.IsExported() {
			panic("api: the input of " + op + " embeds " + f.Type.String() + ", which huma does not read")
		}
	}
}

// File is a download.
type File struct {
	Name  string // ASCII file name
	Type  string
	Rows  int // exact row count, -1 where it has none
	Write func(w io.Writer) error
}

// download registers an operation that answers with a file.
func download[In any](r *registry, op string, fn func(ctx context.Context, c *Call, in *In) (*File, error), options ...Option) {
	f := r.f
	readable(op, reflect.TypeFor[In]())
	o := r.operation(op, options)
	o.Responses = map[string]*huma.Response{"200": {Description: "The file",
		Content: map[string]*huma.MediaType{"application/octet-stream": {}}}}
	huma.Register(f.huma, o, func(ctx context.Context, in *In) (*huma.StreamResponse, error) {
		c := ctx.Value(callKey{}).(*Call)
		file, err := fn(ctx, c, in)
		if err != nil {
			return nil, f.problem(c, err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", file.Type)
			hc.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.Name))
			if file.Rows >= 0 {
				hc.SetHeader("X-Row-Count", strconv.Itoa(file.Rows))
			}
			if err := file.Write(hc.BodyWriter()); err != nil {
				f.Log.Error("download broke off", "request", desk.RequestID(ctx), "op", op, "err", err)
			}
		}}, nil
	})
}

// plain registers an operation that answers with a text for programs.
func plain(r *registry, op string, fn func(ctx context.Context) ([]byte, error), summary string) {
	plainOf(r, op, func(ctx context.Context, _ *struct{}) ([]byte, error) { return fn(ctx) }, summary)
}

// plainOf is plain for an operation with parameters.
func plainOf[In any](r *registry, op string, fn func(ctx context.Context, in *In) ([]byte, error), summary string) {
	f := r.f
	o := r.operation(op, []Option{Summary(summary)})
	o.Responses = map[string]*huma.Response{"200": {Description: "The text", Content: map[string]*huma.MediaType{"text/plain": {}}}}
	huma.Register(f.huma, o, func(ctx context.Context, in *In) (*huma.StreamResponse, error) {
		text, err := fn(ctx, in)
		if err != nil {
			c := ctx.Value(callKey{}).(*Call)
			return nil, f.problem(c, err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", "text/plain; charset=utf-8")
			_, _ = hc.BodyWriter().Write(text) // the reader may have gone away
		}}, nil
	})
}

// ReceiptView is the receipt of a write.
type ReceiptView struct {
	Seq  int64     `json:"seq" doc:"Number of the ledger entry"`
	At   time.Time `json:"at"`
	Leaf string    `json:"leaf" doc:"RFC 6962 leaf hash of the entry, hexadecimal"`
	// Links leads to the other forms of the receipt.
	Links ReceiptLinks `json:"links"`
}

func receipt(r desk.Receipt) ReceiptView {
	return ReceiptView{Seq: r.Seq, At: r.At.UTC(), Leaf: fmt.Sprintf("%x", r.Leaf[:]), Links: receiptLinks(r.Seq)}
}
