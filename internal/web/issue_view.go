package web

import "plumbline/internal/web/ui"

// The views of the pages of issues, files and the comparison: plain texts in
// the reader's language, filled by the handlers of issue.go and file.go.

type issueListView struct {
	Tabs    []ui.Nav
	Filters []ui.Input
	Table   ui.Table
	Pager   ui.Pager
	NoNames bool
}

type issueView struct {
	Parties                  []ui.Def
	AddParty, VoidParty      *actForm
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

type bulkView struct {
	Confirm                     bool // asks whether it really shall
	Unit, UnitName, MaxSeverity string
	Count                       int64
	Stats                       []ui.Stat
	Inputs                      []ui.Input
	Table                       ui.Table
}

type bulkResultView struct {
	Stats []ui.Stat
	Table ui.Table
}

type fileView struct {
	Tasks, Lists ui.Table
	Stats        []ui.Stat
	Cards        []fileCard
	Kinds        []ui.Option
	Export       *actForm // nil for who may not take the file out
}

type fileCard struct {
	ID, Anchor, Title, When, Narrative, Href string
	State                                    ui.Tag
	Defs                                     []ui.Def
	Said                                     []ui.Event
	Counts, Speak                            bool
}

type askedCard struct{ ID, Version, Title, When, About, Text string }

type reconView struct {
	LeavesOut       string // as of a report
	Filters         []ui.Input
	Stats           []ui.Stat
	Category, Units ui.Table
}

// withID gives a field its own id where several forms have a field of that name.
func withID(i ui.Input, form string) ui.Input {
	i.ID = "f-" + form + "-" + i.Name
	return i
}
