package intake

import "plumbline/internal/web/ui"

// The views of the pages of audit files and matches: plain texts in the
// reader's language, filled by batch.go and match.go.

type auditUploadView struct {
	Source, Sheet, Received string
	Sources                 []ui.Option
}

type auditPreviewView struct {
	Upload, Source, Received, Imported, Problem, Category, Sheet string
	Asked, NoEvent                                               string // columns to explain first; that no column dates the event
	Counted, Ready                                               bool
	Rows, HeaderRow                                              int
	Stats                                                        []ui.Stat
	Rejected                                                     ui.Table
	Columns                                                      []columnView
	Said                                                         []saidClass // class words given meaning in an earlier round
	Unknown                                                      []unknownView
	Fields, Categories, Sheets                                   []ui.Option
}

type columnView struct {
	Header, Label, Field, Samples string
	Fields                        []ui.Option
}

type saidClass struct{ Name, Value string }

type unknownView struct{ Word, Label string }

type batchPageView struct {
	ID                                                   string
	Version                                              int64
	Progress, ProgressNote                               string // what runs, and that it goes on
	Running, Rejected, MayCancel, MayResume, MayWithdraw bool
	Stopped, Pending                                     string // Pending: the proposal to withdraw it
	Done, Whole                                          int64
	Stats                                                []ui.Stat
	Defs                                                 []ui.Def
}

type matchPageView struct {
	ID                          string
	Version                     int64
	Note, NoteKind, NoteHref    string
	Record, Raw                 []ui.Def
	Candidates                  []candidateView
	MayDecide, MayNone, MayUndo bool
	Rejected                    bool // the row was not read in: nobody can be found
	Number, Reason, Nobody      string
	Steps                       []ui.Event
}

type candidateView struct {
	ID, Name, Button string
	Counts           bool
	Tags             []ui.Tag
	Facts            []ui.Def
	Evidence         []evidenceView
	Service          []serviceView
	Probability      string
}

// evidenceView is a field in words, and as a bar to either side of the middle.
type evidenceView struct {
	Text, Weight, Words string
	From, Width         string // of 100
	For                 bool
}

// serviceView is a posting of a candidate.
type serviceView struct {
	When, Text string
	Then       bool
}
