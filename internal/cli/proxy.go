package cli

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the networks of the site's own reverse proxies.
type proxies []netip.Prefix

// parseProxies reads networks ("10.0.0.0/8") and single addresses.
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

// source is who a request came from: the address of the socket or, where that
// is one of our own proxies, the nearest address in X-Forwarded-For that is
// not. What stands further to the left was written by the client and is worth
// nothing; so is the whole header from anybody else.
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
		if err != nil { // broken from here on: the proxy before it is as far as we know
			break
		}
		at = a.Unmap()
		if !p.hold(at) {
			break
		}
	}
	return at.String()
}

// trust makes every request carry the address of its source, for both faces.
func (p proxies) trust(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = net.JoinHostPort(p.source(r), "0")
		next.ServeHTTP(w, r)
	})
}
