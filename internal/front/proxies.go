package front

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// Proxies are the networks of the site's own reverse proxies.
type Proxies []netip.Prefix

// ParseProxies parses networks ("10.0.0.0/8") and single addresses.
func ParseProxies(list []string) (Proxies, error) {
	var out Proxies
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

func (p Proxies) hold(a netip.Addr) bool {
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
func (p Proxies) source(r *http.Request) string {
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

// Trust sets the source address on every request, for both faces.
func (p Proxies) Trust(next http.Handler) http.Handler {
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

// Strangers detects a proxy that was not configured, and warns once. Until it
// is configured, everybody behind it counts as one source, and one person
// guessing passwords slows all of them down. A client can send the header too,
// so there is no other consequence.
func (p Proxies) Strangers(say func(peer, header string), next http.Handler) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, header := p.stranger(r); header != "" {
			once.Do(func() { say(peer, header) })
		}
		next.ServeHTTP(w, r)
	})
}

func (p Proxies) stranger(r *http.Request) (peer, header string) {
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
