package desk

import (
	"context"

	"plumbline/internal/roster"
	"plumbline/internal/store"
)

// PageSize is the number of rows per page of a list.
const PageSize = 50

// Page is the page of a list that is being read.
type Page struct {
	After []string // key of the row before the page, nil on the first
	Limit int      // rows of the page; a query asks for one more, to see whether there are

	next []string
}

// AfterID is the key where it is an id alone, "" on the first page.
func (p *Page) AfterID() string { return AfterID(p.After) }

// Rows is the page as queries take it.
func (p *Page) Rows() store.Page { return store.Page{Limit: p.Limit, After: p.After} }

// Cut leaves the rows of the page, and notes the key of its last where there are more.
func Cut[R any](p *Page, rows []R, key func(R) []string) []R {
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		p.next = key(rows[p.Limit-1])
	}
	return rows
}

// ReadPage runs an operation that reads a list page by page, in the scope of its route.
// The cursor is "" or what the page before returned, and good for the same actor and
// operation alone. Limit 0 is the usual size of a page.
func (d *Desk) ReadPage(ctx context.Context, who *roster.Actor, op, cursor string, limit int,
	fn func(ctx context.Context, v *store.View, sc roster.Scope, p *Page) error) (next string, err error) {
	return d.ReadPageBy(ctx, who, op, cursor, limit, func(ctx context.Context, v *store.View, p *Page) error {
		r := d.routes[op]
		sc, err := d.Scope(ctx, v, who, r.Act, r.Kind)
		if err != nil {
			return err
		}
		return fn(ctx, v, sc, p)
	})
}

// ReadPageBy is ReadPage for a list that narrows its rows by another scope than
// its route's, or lists only what is the actor's own.
func (d *Desk) ReadPageBy(ctx context.Context, who *roster.Actor, op, cursor string, limit int,
	fn func(ctx context.Context, v *store.View, p *Page) error) (next string, err error) {
	p := &Page{Limit: store.Page{Limit: limit}.Size()}
	err = d.Read(ctx, who, op, func(ctx context.Context, v *store.View) (err error) {
		if p.After, err = d.openCursor(who, op, cursor); err != nil {
			return err
		}
		return fn(ctx, v, p)
	})
	if err != nil {
		return "", err
	}
	return d.sealCursor(who, op, p.next), nil
}

// ListNames are the names for the rows of a list, and the scope in which the reader is
// shown whose rows they are.
func (d *Desk) ListNames(ctx context.Context, v *store.View, who *roster.Actor, kind roster.Kind, people,
	units []string) (n Names, named roster.Scope, err error) {
	if n, err = d.Names(ctx, v, who, people, units); err != nil {
		return n, named, err
	}
	named, err = d.NamedScope(ctx, v, who, roster.ActList, kind)
	return n, named, err
}
