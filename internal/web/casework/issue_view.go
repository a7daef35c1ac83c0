package casework

import (
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

type issueListView struct {
	Tabs    []ui.Nav
	Filters []ui.Input
	Table   ui.Table
	Pager   ui.Pager
	NoNames bool
}

type issueView struct {
	Parties                  []ui.Def
	AddParty, VoidParty      *page.ActForm
	Base, Version, Narrative string
	Erased                   bool
	State                    ui.Tag
	Facts, Defs              []ui.Def
	Pending                  []string
	Linked                   ui.Table
	Statements, History      []ui.Event
	Forms                    []stepForm
}

// stepForm is one step that the reader may take.
type stepForm struct {
	ID, Action, Title, Help, Button string
	Open                            bool
	Inputs                          []ui.Input
}

// withID gives a field its own id where several forms have a field of that name.
func withID(i ui.Input, form string) ui.Input {
	i.ID = "f-" + form + "-" + i.Name
	return i
}
