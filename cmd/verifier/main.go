//go:build js && wasm

// Command verifier is the receipt verifier for browsers: package ledger and
// nothing else, compiled to WebAssembly by script/verifier and embedded in the
// program. It knows no network and no key of its own.
package main

import (
	"strings"
	"syscall/js"

	"plumbline/internal/ledger"
)

// main puts plumblineVerify(bytes, keys) into the page. It answers with lines:
// "problem", a tab and the code if something is wrong; else one line for each
// statement, "+" if it is proven and "-" if not, its key and its parameters.
func main() {
	js.Global().Set("plumblineVerify", js.FuncOf(func(_ js.Value, args []js.Value) any {
		data := make([]byte, args[0].Get("length").Int())
		js.CopyBytesToGo(data, args[0])
		return verify(data, args[1].String())
	}))
	select {} // the page calls as long as it is open
}

func verify(data []byte, keys string) string {
	trust, err := ledger.ParseTrust(keys)
	if err != nil {
		return "problem\tkey\n"
	}
	j := ledger.Judge(data, trust)
	var b strings.Builder
	if j.Problem != ledger.Holds {
		b.WriteString("problem\t" + string(j.Problem) + "\n")
		if len(j.Signers) > 0 {
			b.WriteString("signers\t" + strings.Join(j.Signers, ", ") + "\n")
		}
		return b.String()
	}
	for _, s := range j.Statements() {
		mark := "-"
		if s.Proven {
			mark = "+"
		}
		b.WriteString(mark + "\t" + s.Key + "\t" + strings.Join(s.Args, "\t") + "\n")
	}
	return b.String()
}
