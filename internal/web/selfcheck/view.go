package selfcheck

import (
	"plumbline/internal/web/page"
	"plumbline/internal/web/ui"
)

type fillView struct {
	Base, Category, Next, NextKey, Reason string
	Period                                string
	Done, Whole                           int64
	Categories                            []fillCategory
	Items                                 []fillItem
	Leaders                               []ui.Option
}

type fillCategory struct {
	Text, Href  string
	Done, Whole int
}

type fillItem struct {
	No, Seq, Was, Text, Help, Answer, Leader, Error string
	Details                                         []string // what the respondent's units added
	Issues                                          []fillIssue
}

type fillIssue struct {
	Name, ID, On, Text, OnError, TextError string
}

type checkView struct {
	Base         string
	Version      int64
	Missing      int
	Nil, Issues  int64
	MissingItems []ui.Link
	WrongItems   []ui.Link // answered, but not so that they can be filed
	Answers      []answerView
	Proof        ui.Input // the password, within the form that submits
	ProofDue     bool
}

type answerView struct {
	No, Text, Href string
	Error          string
	Tag            ui.Tag
	Issues         []saidView
}

type saidView struct {
	On, Text string
	Tag      ui.Tag
}

type filedView struct {
	Base                string
	Defs                []ui.Def
	CanSupplement       bool
	Item, EventOn, Text string
	ItemOptions         []ui.Option
	Answers             []answerView
	Proof               ui.Input
	ProofDue            bool
}

type reviewListView struct {
	Tabs  []ui.Nav
	Under []ui.Nav // a second row of tabs
	Table ui.Table
	Pager ui.Pager
	Bulk  bool
}

type reviewView struct {
	Base, Reason string
	Version      int64
	Defs         []ui.Def
	CanDecide    bool
	Answers      []answerView
}

type completionView struct {
	Campaigns []ui.Nav
	Stats     []ui.Stat
	Table     ui.Table
}

type unitCompletionView struct {
	Uncertify       *page.ActForm // taking the certification back
	Base, Certified string
	CanCertify      bool
	Named           bool // whether the reader may see who
	Stats           []ui.Stat
	Missing, Done   ui.Table
}

type campaignView struct {
	Base, Next, Number, Reason string
	Version                    int64
	Steps                      []ui.Step
	Defs                       []ui.Def
	CanAmend                   bool
	Amendments                 []ui.Event
}

type excuseView struct {
	Action, Back, Name, Reason string
	Version                    int64
}
