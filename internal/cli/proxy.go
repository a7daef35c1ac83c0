package cli

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// proxies are the networks of the site's own reverse proxies.
type proxies []netip.Prefix

// parseProxies parses networks ("10.0.0.0/8") and single addresses.
func parseProxies(list []string) (proxies, error) {
	var out proxies
	for _, s := range list {
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p.Masked())
			continue
		}
		a, err := netip.ParseAddr(s)
		if err != nil {
			return nil, fmt.Errorf("trusted-proxy %q is neither a network (10.0.0.0/8) nor an address", s)
		}
		out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
	}
	return out, nil
}

func (p proxies) hold(a netip.Addr) bool {
	for _, n := range p {
		if n.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// source returns the origin of a request: the socket's address or, if that is
// one of our own proxies, the nearest address in X-Forwarded-For that is not.
// Addresses further left were written by the client and prove nothing, nor does
// the whole header from anybody else.
func (p proxies) source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil || !p.hold(at) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil { // malformed from here on: the proxy before it is the last known source
			break
		}
		at = a.Unmap()
		if !p.hold(at) {
			break
		}
	}
	return at.String()
}

// trust sets the source address on every request, for both faces.
func (p proxies) trust(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = net.JoinHostPort(p.source(r), "0")
		next.ServeHTTP(w, r)
	})
}

// forwarded lists the headers by which a proxy names its client.
var forwarded = []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"}

// strangers detects a proxy that was not configured, and warns once. Until it
// is configured, everybody behind it counts as one source, and one person
// guessing passwords slows all of them down. A client can send the header too,
// so there is no other consequence.
func (p proxies) strangers(say func(peer, header string), next http.Handler) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, header := p.stranger(r); header != "" {
			once.Do(func() { say(peer, header) })
		}
		next.ServeHTTP(w, r)
	})
}

func (p proxies) stranger(r *http.Request) (peer, header string) {
	for _, name := range forwarded {
		if r.Header.Get(name) != "" {
			header = name
			break
		}
	}
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if header == "" || err != nil {
		return "", ""
	}
	if at, err := netip.ParseAddr(peer); err == nil && p.hold(at) {
		return "", ""
	}
	return peer, header
}

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
