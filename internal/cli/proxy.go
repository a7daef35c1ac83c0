package cli

import (
	"fmt"
	"net"
	"strings"
)

// sayStranger prints and logs the warning of strangers.
func (e *env) sayStranger(peer, header string) {
	e.log.Warn("a request came through a proxy that is not named: everybody behind it counts as one source, and one guesser slows them all",
		"peer", peer, "header", header, "do", "if it is yours: --trusted-proxy "+peer)
	fmt.Fprintf(e.out, "PROXY   %s sends %s and is not named: everybody behind it counts as one source. If it is yours, start "+
		"with --trusted-proxy %s\n", peer, header, peer)
}

// sayProxies prints at startup which proxies are trusted for the source of a
// request. It says nothing when serving only this machine without TLS in front.
func (e *env) sayProxies(at net.Addr) {
	tcp, ok := at.(*net.TCPAddr)
	switch {
	case len(e.TrustedProxies) > 0:
		fmt.Fprintf(e.out, "proxy   %s: X-Forwarded-For is believed from there alone\n", strings.Join(e.TrustedProxies, " "))
	case e.Secure:
		fmt.Fprintln(e.out, "PROXY   none is named, and --secure means that one stands in front: everybody behind it counts as "+
			"one source, and one guesser slows them all. Name it: --trusted-proxy ADDRESS")
	case ok && !tcp.IP.IsLoopback():
		fmt.Fprintln(e.out, "proxy   none is named: the source of a request is the address of its socket. If a reverse proxy "+
			"stands in front, name it: --trusted-proxy ADDRESS")
	}
}
