package linkage

import (
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/demo/seeded"
)

// unit is a unit of the force.
type unit struct {
	at                int // in the world's list
	name, short, code string
	parent            int // -1 for none
	tier              int
	weight            float64 // how many serve there, against others
}

func (u *unit) id() string { return fmt.Sprintf("unit-%03d", u.at) }

// Names of the invented places and units.
const (
	hanBranches = "云溪 霜桥 望川 松陵 晴川 石鼓 落星 杏坛 渔浦 听涛 白鹭 青芜"
	hanPlaces   = "河口 东门 西街 柳巷 北桥 南渡 古井 梅岭 沙洲 竹园 清泉 石牌 长亭 花墟 凤台 月湖 牌楼 水库 码头 新村"
	hanSquads   = "治安大队 刑侦大队 巡特警大队 交警大队 法制大队"
	hanOffices  = "刑事侦查支队 交通管理支队 治安管理支队 巡特警支队 经济犯罪侦查支队 禁毒支队 网络安全保卫支队 监所管理支队"
	hanUnder    = "一大队 二大队 三大队 综合大队"

	latinPlaces = `Larkmoor Gullstone Fennwick Ostrelle Brambleton Quillhaven Tarnside Wexcombe Hollowmere Pikestead Arrowby
Dunmarsh Copperlea Northgate Saltmarket Eelpie Cinderford Mosswater Kettlebank Ravensholm Thistledown Marrowgate Silverquay
Owlcote Pellbridge`
	latinTeams = "Traffic Canine Marine Narcotics Gang_Enforcement Major_Crimes Robbery Homicide " +
		"Arson Youth Mounted Airport Transit Fugitive"
	latinBureaus = "Bureau_of_Patrol Bureau_of_Detectives Bureau_of_Special_Operations Bureau_of_Support"
	latinDesks   = "Training Personnel Records Property Communications Court_Liaison Fleet Internal_Inspection Planning Legal"
)

func makeUnits(d *seeded.Dice, p Params) []unit {
	var units []unit
	add := func(parent, tier int, name, short, code string, weight float64) int {
		units = append(units, unit{at: len(units), name: name, short: short, code: code, parent: parent, tier: tier, weight: weight})
		return len(units) - 1
	}
	if p.Script == Han {
		hanUnits(d, add)
	} else {
		latinUnits(d, add)
	}
	return units
}

func hanUnits(d *seeded.Dice, add func(parent, tier int, name, short, code string, weight float64) int) {
	top := add(-1, 1, "澄泽市公安局（虚构）", "市局", "K00", 120)
	places := strings.Fields(hanPlaces)
	for i, b := range strings.Fields(hanBranches) {
		branch := add(top, 2, b+"分局", "", fmt.Sprintf("K%02d", i+1), 45)
		for n, s := range strings.Fields(hanSquads) {
			add(branch, 3, s, "", fmt.Sprintf("K%02d%02d", i+1, n+1), 40)
		}
		for n, at := range shuffled(d, len(places))[:10] { // two sub-bureaus may each have a station of one name
			add(branch, 3, places[at]+"派出所", "", fmt.Sprintf("K%02d%02d", i+1, n+11), 30+float64(d.Roll(60)))
		}
	}
	for i, o := range strings.Fields(hanOffices) {
		office := add(top, 2, o, "", fmt.Sprintf("K%02d", i+51), 60)
		for n, s := range strings.Fields(hanUnder) {
			add(office, 3, s, "", fmt.Sprintf("K%02d%02d", i+51, n+1), 45)
		}
	}
}

func latinUnits(d *seeded.Dice, add func(parent, tier int, name, short, code string, weight float64) int) {
	words := func(s string) string { return strings.ReplaceAll(s, "_", " ") }
	top := add(-1, 1, "Port Larkmoor Police Department (invented)", "PLPD", "PL", 200)
	var bureaus []int
	for i, b := range strings.Fields(latinBureaus) {
		bureaus = append(bureaus, add(top, 2, words(b), "", fmt.Sprintf("B%d", i+1), 60))
	}
	for i, p := range strings.Fields(latinPlaces) {
		add(bureaus[0], 3, fmt.Sprintf("District %d %s", i+1, p), fmt.Sprintf("District %d", i+1), fmt.Sprintf("%03d", i+1),
			300+float64(d.Roll(300)))
	}
	n := 100
	for i, t := range strings.Fields(latinTeams) {
		for _, area := range []string{"North", "Central", "South", "Harbor"} {
			n++
			add(bureaus[1+i%2], 3, words(t)+" Unit "+area, "", fmt.Sprintf("%03d", n), 20+float64(d.Roll(60)))
		}
	}
	for _, t := range strings.Fields(latinDesks) {
		n++
		add(bureaus[3], 3, words(t)+" Division", "", fmt.Sprintf("%03d", n), 30+float64(d.Roll(90)))
	}
}

// What a person has on average: postings in all, and of these the ones beside
// the main one.
const (
	postingsEach = 3.4
	secondary    = 0.05
)

// serve draws the postings of a person; rate is how many begin in a year after
// the first.
func (w *World) serve(d *seeded.Dice, p *person, rate float64) {
	last := p.last(w.until)
	days := int(last-p.appointed) + 1
	starts := []day{p.appointed}
	for range some(d, rate*float64(days)/365) {
		if at := p.appointed + day(d.Roll(days)); !slices.Contains(starts, at) {
			starts = append(starts, at)
		}
	}
	slices.Sort(starts)
	at, rank, lag := w.places.draw(d), "", d.Roll(5)
	for i, from := range starts {
		end := p.departed
		if i+1 < len(starts) {
			end = starts[i+1] - 1
		}
		next := w.rise(d, p, rank, from, lag, i == 0)
		if i > 0 && (next == rank || d.Chance(0.7)) {
			at = w.move(d, at)
		}
		rank = next
		p.served = append(p.served, service{unit: at, rank: rank, main: true, from: from, to: end})
	}
	if d.Chance(secondary) { // lent to another unit for a while, beside his own
		from := p.appointed + day(d.Roll(days))
		p.served = append(p.served, service{unit: w.places.draw(d), rank: w.rankOn(p, from), from: from,
			to: min(from+day(30+d.Roll(300)), last)})
	}
}

// move draws the next unit: half of the time within the same branch.
func (w *World) move(d *seeded.Dice, at int) int {
	for n := 0; ; n++ {
		to := w.places.draw(d)
		if to != at && (n > 12 || w.branch(to) == w.branch(at) || d.Chance(0.2)) {
			return to
		}
	}
}

// branch is the unit of tier 2 above, or the unit itself above that.
func (w *World) branch(at int) int {
	for w.units[at].tier > 2 {
		at = w.units[at].parent
	}
	return at
}

const hanRanks = "三级警司 二级警司 一级警司 三级警督 二级警督 一级警督 三级警监"

var (
	ladder  = strings.Fields(hanRanks)
	rungs   = []int{0, 4, 8, 13, 18, 25, 33} // years of service
	chances = map[string][]struct {
		to string
		p  float64
	}{
		patrol:       {{"Detective", 0.11}, {"Sergeant", 0.09}},
		"Detective":  {{"Sergeant", 0.10}},
		"Sergeant":   {{"Lieutenant", 0.16}},
		"Lieutenant": {{"Captain", 0.15}},
	}
)

const patrol = "Police Officer"

// rise is the rank from a day on: by years of service, or by merit.
func (w *World) rise(d *seeded.Dice, p *person, rank string, from day, lag int, first bool) string {
	switch {
	case p.auxiliary:
		return ""
	case w.Script == Han:
		years, got := int(from-p.appointed)/365-lag+2, ladder[0]
		for i, r := range rungs {
			if years >= r {
				got = ladder[i]
			}
		}
		return got
	case first:
		return patrol
	}
	for _, c := range chances[rank] {
		if d.Chance(c.p) {
			return c.to
		}
	}
	return rank
}

func (w *World) rankOn(p *person, on day) string {
	for _, v := range p.served {
		if v.main && on.in(v.from, v.to) {
			return v.rank
		}
	}
	return ""
}
