package heads

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"strings"

	"plumbline/internal/app/heads"
	"plumbline/internal/ledger"
	"plumbline/internal/web/assets"
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
	"plumbline/internal/words"
)

// verifyLimit bounds a request to the verify page: a receipt's PDF and the form
// around it.
const verifyLimit = 4 << 20

// verifyPolicy is the content policy of the verify page alone: it may compile
// WebAssembly, because the verifier runs in the browser and not on the server that
// is being verified. Eval of scripts stays forbidden.
var verifyPolicy = strings.Replace(page.ContentPolicy, "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", 1)

// savedPolicy is the content policy of the saved page: nothing may be loaded from or
// sent to anywhere; only the two scripts and the style with these hashes run.
const savedPolicy = "default-src 'none'; script-src 'wasm-unsafe-eval' {{scripts}}; style-src {{styles}}; img-src data:; form-action 'none'; base-uri 'none'"

// verifyView is what the verify page shows.
type verifyView struct {
	Saved             bool // the page lies on the reader's own disk
	Input, Keys, Mine string
	Mark              string // fingerprint of the site's own key, as on the notice board
	Texts             string // JSON of the texts that the script shows
	Wasm              string // where the verifier is, "" in the saved page
	Result            *verifyResult
}

// verifyResult is the server's verdict for browsers that cannot run the verifier.
type verifyResult struct {
	Holds         bool
	Problem       string
	Signers       string
	Proven, Other []string
}

// verifyKeys are the texts that the script shows.
var verifyKeys = []string{
	"verify.holds", "verify.fails", "verify.proven", "verify.not_proven", "verify.proven.entry", "verify.proven.signed", "verify.proven.witness", "verify.proven.digits",
	"verify.unproven.content", "verify.unproven.time", "verify.unproven.witness", "verify.unproven.signer", "verify.signers", "verify.working", "verify.loading", "verify.old", "verify.local",
	"verify.problem.unreadable", "verify.problem.no_key", "verify.problem.unsigned", "verify.problem.unwitnessed", "verify.problem.beyond", "verify.problem.unproven", "verify.problem.key",
	"verify.input_missing", "verify.title", "verify.saved", "verify.saved.lead", "verify.input", "verify.file", "verify.key", "verify.key.help", "verify.key.fingerprint", "verify.key.none", "verify.button",
}

func verifyTexts(langs ...words.Lang) string {
	all := map[words.Lang]map[string]string{}
	for _, lang := range langs {
		all[lang] = map[string]string{}
		for _, key := range verifyKeys {
			all[lang][key] = words.Raw(lang, key)
		}
	}
	raw, _ := json.Marshal(all) // strings: cannot fail
	return string(raw)
}

// newVerify fills in the site's own key and says that it is the site's own.
func (f *face) newVerify(c *page.Call) (verifyView, error) {
	keys, err := f.app.VerifierKeys(c.Context())
	if err != nil {
		return verifyView{}, err
	}
	v := verifyView{Keys: keys, Mine: keys, Wasm: assets.URL("verifier.wasm"), Texts: verifyTexts(c.Lang)}
	v.Mark = heads.KeyFingerprint(keys)
	return v, nil
}

func (f *face) verifyOpen(c *page.Call) error {
	v, err := f.newVerify(c)
	if err != nil {
		return err
	}
	return f.showVerify(c, v, nil, http.StatusOK)
}

func (f *face) showVerify(c *page.Call, v verifyView, errs ui.Errors, status int) error {
	p := c.Page("verify.title")
	p.Lead, p.Narrow = c.T("verify.lead"), true
	c.W.Header().Set("Content-Security-Policy", verifyPolicy)
	return c.ShowStatus(status, verifyPage(p, v, errs))
}

// verifySent verifies on the server, for browsers that cannot. The page says that
// the system is then asked about itself.
func (f *face) verifySent(c *page.Call) error {
	v, err := f.newVerify(c)
	if err != nil {
		return err
	}
	v.Input, v.Keys = c.Form("receipt"), c.Form("keys")
	data := []byte(v.Input)
	if file := c.File("file"); file != nil {
		data = file.Data
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return f.showVerify(c, v, ui.Errors{"receipt": c.T("verify.input_missing")}, http.StatusUnprocessableEntity)
	}
	v.Result = verdict(c, data, v.Keys)
	return f.showVerify(c, v, nil, http.StatusOK)
}

func verdict(c *page.Call, data []byte, keys string) *verifyResult {
	trust, err := ledger.ParseTrust(keys)
	if err != nil {
		return &verifyResult{Problem: c.T("verify.problem.key")}
	}
	j := ledger.Judge(data, trust)
	r := &verifyResult{Holds: j.Problem == ledger.Holds}
	if !r.Holds {
		r.Problem = c.T("verify.problem." + string(j.Problem))
		if len(j.Signers) > 0 {
			r.Signers = c.T("verify.signers", "Names", strings.Join(j.Signers, ", "))
		}
		return r
	}
	for _, s := range j.Statements() {
		args := make([]any, len(s.Args))
		for i := range s.Args {
			args[i] = s.Args[i]
		}
		if text := c.T(s.Key, args...); s.Proven {
			r.Proven = append(r.Proven, text)
		} else {
			r.Other = append(r.Other, text)
		}
	}
	return r
}

// verifySave returns the verify page as a single file: form, texts of both
// languages, script and verifier. Opened from disk it needs nothing else and, by its
// own policy, cannot send anything to anybody.
func (f *face) verifySave(c *page.Call) error {
	v, err := f.newVerify(c)
	if err != nil {
		return err
	}
	v.Saved, v.Wasm, v.Texts = true, "", verifyTexts(words.Langs...)
	p := c.Page("verify.saved")
	p.Keys, p.Token = nil, ""
	var form bytes.Buffer
	if err := verifyForm(p, v, nil).Render(c.Context(), &form); err != nil {
		return err
	}
	style := string(assets.Body("bootstrap.css")) + string(assets.Body("app.css"))
	glue, script := string(assets.Body("wasm_exec.js")), string(assets.Body("verify.js"))
	policy := strings.NewReplacer("{{scripts}}", sourceSum(glue)+" "+sourceSum(script), "{{styles}}", sourceSum(style)).Replace(savedPolicy)
	var b bytes.Buffer
	write := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
	}
	write("<!DOCTYPE html>\n<html lang=\"", string(c.Lang),
		"\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"", html.EscapeString(policy), "\">",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>", html.EscapeString(c.T("verify.saved")), "</title>\n<style>", style, "</style></head>\n<body><main class=\"narrow\">",
		form.String(), "</main>\n<script type=\"text/plain\" id=\"verify-wasm\">", base64.StdEncoding.EncodeToString(assets.Zipped("verifier.wasm")), "</script>\n",
		"<script>", glue, "</script>\n<script>", script, "</script>\n</body></html>\n")
	return c.Download("plumbline-verify.html", "text/html; charset=utf-8", b.Bytes())
}

// sourceSum is the hash of an inline script or style, for a policy.
func sourceSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func verdictWord(r *verifyResult) string {
	if r.Holds {
		return "holds"
	}
	return "fails"
}
