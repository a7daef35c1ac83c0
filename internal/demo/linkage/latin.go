package linkage

import (
	"strings"

	"plumbline/internal/demo/seeded"
)

// Family names by origin, each in falling order of frequency; the rest of the
// force bears names put together from fore and hind.
const (
	latinCommon = `Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris Martin
Thompson Robinson Clark Lewis Lee Walker Hall Allen Young King Wright Scott Green Baker Adams Nelson Hill Campbell Mitchell
Roberts Carter Phillips Evans Turner Parker Collins Edwards Stewart Morris Rogers Reed Cook Morgan Bell Bailey Cooper Richardson
Cox Howard Ward Peterson Gray James Watson Brooks Kelly Sanders Price Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry
Powell Long Patterson Hughes Washington Butler Simmons Foster Bryant Alexander Russell Griffin Hayes Myers Ford Hamilton Graham
Fisher Cole West Jordan Owens Reynolds Ellis Harrison Gibson Marshall Wells Webb Simpson Stevens Tucker Porter Hunter Hicks
Crawford Boyd Mason Kennedy Warren Dixon Burns Gordon Shaw Holmes Rice Robertson Hunt Black Daniels`
	latinIrish = `Murphy Sullivan O'Brien Ryan O'Connor Kelly Walsh McCarthy Burke Byrne Kennedy Lynch Murray Doyle Quinn O'Neill
Fitzgerald Moran O'Malley Gallagher Daly Nolan Doherty McNamara Flynn Casey Reilly O'Donnell Brennan Hogan Keane McGrath Dunne
McMahon Carroll Foley Sheehan O'Leary Healy Kearney Duffy McGuire O'Shea Mulligan Clancy Tierney McDermott Rafferty O'Hara
McLaughlin`
	latinSouth = `Garcia Rodriguez Martinez Hernandez Lopez Gonzalez Perez Sanchez Ramirez Torres Flores Rivera Gomez Diaz Reyes
Morales Cruz Ortiz Gutierrez Chavez Ramos Ruiz Alvarez Mendoza Vasquez Castillo Jimenez Moreno Romero Herrera Medina Aguilar
Vargas Castro Guzman Mendez Fernandez Munoz Salazar Soto Delgado Pena Rios Alvarado Sandoval Contreras Valdez Guerrero Ortega
Estrada Nunez Maldonado Vega Santiago Dominguez`
	latinOther = `Nowak Kowalski Wisniewski Wojcik Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski Kozlowski Jankowski
Mazur Krawczyk Piotrowski Grabowski Pawlowski Michalski Krol Wieczorek Schmidt Mueller Schneider Fischer Weber Meyer Wagner
Becker Hoffman Schultz Koch Bauer Richter Klein Wolf Schroeder Neumann Schwartz Zimmerman Braun Rossi Russo Ferrari Esposito
Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Caruso Mancini Costa Giordano Rizzo Lombardi Moretti DiMaggio
D'Angelo DeLuca Nguyen Tran Kim Park Chen Wang Patel Singh Khan Ali`
	latinParticles = `Van_der_Berg De_la_Cruz Van_Dyke De_la_Rosa Di_Marco De_Leon Von_Stein St._Clair De_los_Santos La_Salle
Van_Houten Del_Toro Le_Blanc`
	fore = `Ash Black Brad Cart Dun Elm Fair Gran Hart Kings Lang March Nor Oak Pen Quin Ray Stan Thorn Under Wal Whit Win
York Bram Col Dray Ever Farn Hal`
	hind = `bury combe croft dale den field ford ham hurst land ley man more ridge row shaw sley stead ton well wick wood
worth brook by`
)

// Given names by sex and age, and those that go with southern family names.
const (
	menOld = `Michael John James Robert William David Thomas Richard Joseph Charles Daniel Edward Mark Kenneth Patrick Ronald Steven
Paul Timothy George Kevin Gary Donald Anthony Lawrence Raymond Dennis Frank Gregory Gerald Jerome Eugene Walter Arthur Henry
Leonard Philip Roger Harold Peter Terrence Douglas Ernest Martin Stanley Francis Albert Alan Samuel Larry`
	menNew = `Michael Christopher Matthew Daniel Anthony David Joshua Andrew Joseph Brian Ryan Nicholas Robert James John Kevin Eric
Jason William Justin Brandon Thomas Jonathan Steven Timothy Adam Sean Kyle Patrick Aaron Benjamin Jeffrey Scott Nathan Peter
Zachary Alexander Samuel Tyler Marcus Darius Jeremy Derek Corey Travis Keith Bryan Edward Gregory Vincent`
	womenOld = `Mary Patricia Linda Barbara Deborah Susan Karen Donna Carol Sharon Nancy Sandra Cynthia Margaret Diane Kathleen
Maria Janice Denise Elizabeth Brenda Theresa Pamela Catherine Joyce Gloria Cheryl Judith Yvonne Jacqueline Rosemary Dorothy Ann
Beverly Marilyn Ellen`
	womenNew = `Jennifer Jessica Amanda Michelle Melissa Nicole Lisa Elizabeth Stephanie Kimberly Sarah Angela Maria Amy Heather
Christina Lauren Rachel Laura Rebecca Tiffany Katherine Megan Danielle Erin Kelly Vanessa Erica Monica Samantha Andrea Tamika
Latoya Crystal Natalie Ashley Brittany Diana Jacqueline Victoria Alicia Veronica`
	menSouth = `Jose Juan Luis Carlos Miguel Jorge Jesus Francisco Manuel Antonio Pedro Angel Hector Ricardo Roberto Rafael Victor
Alejandro Javier Eduardo Fernando Raul Mario Ruben Sergio Oscar Enrique Arturo`
	womenSouth = `Maria Rosa Carmen Ana Guadalupe Elena Sonia Leticia Silvia Norma Yolanda Teresa Marisol Adriana Claudia Gabriela
Lourdes`
	middles = `A J M L R E D C T P W F S B H G K N V O I`
)

// nicknames are what lists write for a given name.
const nicknames = `William:Bill,Will,Billy Robert:Bob,Rob,Bobby Richard:Rick,Dick,Rich James:Jim,Jimmy John:Jack,Johnny
Michael:Mike,Mick Thomas:Tom,Tommy Joseph:Joe,Joey Charles:Charlie,Chuck Daniel:Dan,Danny Edward:Ed,Eddie,Ted Kenneth:Ken,Kenny
Patrick:Pat,Paddy Ronald:Ron,Ronnie Steven:Steve Timothy:Tim Kevin:Kev Donald:Don,Donnie Anthony:Tony Lawrence:Larry Raymond:Ray
Gregory:Greg Gerald:Jerry Eugene:Gene Walter:Walt Leonard:Len,Lenny Philip:Phil Peter:Pete Terrence:Terry Douglas:Doug
Francis:Frank Albert:Al Samuel:Sam Christopher:Chris Matthew:Matt Joshua:Josh Andrew:Andy,Drew Nicholas:Nick Jonathan:Jon
Benjamin:Ben Jeffrey:Jeff Zachary:Zach Alexander:Alex Nathan:Nate Vincent:Vinny,Vince Patricia:Pat,Patty,Trish Barbara:Barb
Deborah:Deb,Debbie Susan:Sue Sandra:Sandy Cynthia:Cindy Margaret:Peggy,Maggie,Meg Kathleen:Kathy Elizabeth:Liz,Beth,Betty
Theresa:Terry Pamela:Pam Catherine:Cathy,Kate Jacqueline:Jackie Jennifer:Jen,Jenny Jessica:Jess Amanda:Mandy Michelle:Shelly
Stephanie:Steph Kimberly:Kim Rebecca:Becky Katherine:Kate,Katie,Kathy Samantha:Sam Christina:Tina,Chris Victoria:Vicky Jose:Pepe
Francisco:Paco,Frank Manuel:Manny Roberto:Bobby Miguel:Mike`

// latinTables are the tables above, taken apart.
type latinTables struct {
	families  []bag[string]
	shares    bag[int]
	particles []string
	fore      []string
	hind      []string
	given     map[string]bag[string] // "mo", "mn", "fo", "fn", "ms", "fs"
	middles   []string
	nick      map[string][]string
}

var latin = readLatin()

func readLatin() *latinTables {
	l := &latinTables{fore: strings.Fields(fore), hind: strings.Fields(hind), middles: strings.Fields(middles), nick: map[string][]string{}}
	for i, group := range []struct {
		names       string
		share, flat float64
	}{{latinCommon, 0.40, 9}, {latinIrish, 0.13, 8}, {latinSouth, 0.20, 8}, {latinOther, 0.11, 12}} {
		l.families = append(l.families, ranked(group.names, group.flat))
		l.shares.put(i, group.share)
	}
	l.shares.put(particled, 0.015)
	l.shares.put(composed, 0.145)
	for _, p := range strings.Fields(latinParticles) {
		l.particles = append(l.particles, strings.ReplaceAll(p, "_", " "))
	}
	l.given = map[string]bag[string]{"mo": ranked(menOld, 6), "mn": ranked(menNew, 8), "fo": ranked(womenOld, 6), "fn": ranked(womenNew, 8),
		"ms": ranked(menSouth, 5), "fs": ranked(womenSouth, 5)}
	for _, f := range strings.Fields(nicknames) {
		given, list, _ := strings.Cut(f, ":")
		l.nick[given] = strings.Split(list, ",")
	}
	return l
}

// Origins beside the groups of family names, and the southern one among them.
const (
	southern  = 2
	particled = 10
	composed  = 11
)

// latinName draws a name; a name of two families is a woman's, a suffix a man's.
func latinName(d *seeded.Dice, sex string, born int) name {
	var n name
	from := latin.shares.draw(d)
	n.family = latinFamily(d, from)
	if sex == "f" && d.Chance(0.06) {
		n.family += "-" + latinFamily(d, latin.shares.draw(d))
	}
	key := sex + "o"
	switch {
	case from == southern && d.Chance(0.55):
		key = sex + "s"
	case born >= 1980 || born >= 1964 && d.Chance(float64(born-1964)/16):
		key = sex + "n"
	}
	n.given = drawFrom(d, latin.given, key)
	if d.Chance(0.84) {
		n.middle = seeded.Pick(d, latin.middles[:8+d.Roll(len(latin.middles)-7)])
	}
	if sex == "m" && d.Chance(0.03) {
		n.suffix = seeded.Pick(d, []string{"Jr", "Jr", "Jr", "Jr", "Sr", "II", "III", "III", "IV"})
	}
	return n
}

func latinFamily(d *seeded.Dice, from int) string {
	switch from {
	case particled:
		return seeded.Pick(d, latin.particles)
	case composed:
		return seeded.Pick(d, latin.fore) + seeded.Pick(d, latin.hind)
	}
	return latin.families[from].draw(d)
}

// nick is another name that people call the bearer by, "" if there is none.
func nick(d *seeded.Dice, given string) string {
	if list := latin.nick[given]; len(list) > 0 {
		return seeded.Pick(d, list)
	}
	return ""
}
