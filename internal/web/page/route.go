package page

import "plumbline/internal/web/ui"

// Route is one page or form. Op is the operation of package app that it performs;
// pages of the frame have none.
type Route struct {
	Method  string
	Path    string // with {id} for a parameter
	Op      string
	Handler func(*Call) error
	Public  bool  // without a session: sign-in, language
	Renew   bool  // open to a session that must first set a password
	NoToken bool  // takes no form token; for what changes nothing but a cookie
	Body    int64 // how much it may be sent, in bytes; 0 is the limit for forms
}

// NavRow is a line of the navigation, shown to those who may do Op.
type NavRow struct {
	Place     int // order in the list
	Key, Href string
	Icon      string
	Op        string // "" for everyone signed in
}

// nav is the navigation of the actor: what a role of his allows.
func (f *Frame) nav(c *Call) []ui.Nav {
	if c.Actor == nil || c.Actor.MustRenew {
		return nil
	}
	best := -1
	var lines []ui.Nav
	for _, n := range f.Nav {
		if n.Op != "" && !f.May(c.Actor, n.Op) {
			continue
		}
		if under(c.R.URL.Path, n.Href) && (best < 0 || len(n.Href) > len(lines[best].Href)) {
			best = len(lines)
		}
		lines = append(lines, ui.Nav{Text: c.T(n.Key), Href: n.Href, Icon: n.Icon})
	}
	if best >= 0 {
		lines[best].Current = true
	}
	return lines
}

// under reports whether path is the page or lies below it.
func under(path, href string) bool {
	return path == href || href != "/" && len(path) > len(href) && path[:len(href)] == href && path[len(href)] == '/'
}
