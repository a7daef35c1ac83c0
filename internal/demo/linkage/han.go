package linkage

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"plumbline/internal/demo/seeded"
)

// hanSurnames are family names with their sound and how many of 10,000 people
// on the mainland bear them, roughly as the registers of recent years have it.
const hanSurnames = `王wang715 李li705 张zhang670 刘liu505 陈chen450 杨yang310 黄huang225 赵zhao205 吴wu195 周zhou190 徐xu145 孙sun137 马ma135
朱zhu127 胡hu115 郭guo112 何he105 林lin102 高gao100 罗luo99 郑zheng92 梁liang84 谢xie78 宋song77 唐tang70 许xu68 邓deng66 韩han66 冯feng64 曹cao62
彭peng58 曾zeng57 肖xiao56 田tian55 董dong54 潘pan53 袁yuan52 蔡cai51 蒋jiang50 余yu49 于yu48 杜du47 叶ye46 程cheng45 魏wei45 苏su44 吕lv43
丁ding42 任ren41 卢lu40 姚yao39 沈shen38 钟zhong37 姜jiang36 崔cui35 谭tan35 陆lu34 范fan33 汪wang33 廖liao32 石shi31 金jin31 韦wei30 贾jia30
夏xia29 付fu29 方fang28 邹zou28 熊xiong27 白bai27 孟meng27 秦qin26 邱qiu26 侯hou26 江jiang25 尹yin24 薛xue24 闫yan24 段duan23 雷lei23 龙long22
黎li21 史shi21 陶tao20 贺he20 毛mao20 郝hao19 顾gu19 龚gong19 邵shao18 万wan18 覃qin18 武wu17 钱qian17 戴dai17 严yan16 莫mo16 孔kong16 向xiang15
常chang15 汤tang14 康kang14 易yi14 乔qiao13 赖lai13 文wen13 施shi12 洪hong12 辛xin11 柯ke10 温wen10 庄zhuang9 牛niu9 樊fan9 葛ge9 邢xing8 安an8
齐qi8 伍wu8 庞pang8 颜yan7 倪ni7 单shan6 解xie5 查zha4 仇qiu4 靳jin4 佟tong3 逄pang2 仝tong2 亓qi1 昝zan1 佘she2 郄qie1 隗kui1 欧阳ouyang7
上官shangguan2 司马sima1 诸葛zhuge1 皇甫huangfu1 令狐linghu1 慕容murong1 尉迟yuchi1 夏侯xiahou1 东方dongfang1 司徒situ1 端木duanmu1`

// Given names by sex and age: those who bear a name of two characters have one
// of the first list and one of the last; a name of one character is of single.
const (
	firstMenOld   = "建 志 国 永 文 德 玉 明 金 春 世 长 福 光 晓 新 宝 海 卫 学 红 树 庆 立 爱 云 小 东 荣 家 兴 振 清 振 正 成 万 书 大 义"
	firstMenNew   = "子 宇 浩 嘉 俊 泽 天 一 博 晨 思 明 文 志 晓 家 鹏 俊 振 海 佳 少 凯 逸 亦 景 昊 铭 瑞 雨"
	firstWomenOld = "秀 玉 桂 春 丽 红 淑 凤 小 爱 金 海 美 晓 雪 兰 翠 艳 月 云 素 惠 建 彩 慧 亚 冬 文 国 新"
	firstWomenNew = "雨 佳 思 梓 欣 晓 雪 嘉 梦 诗 文 婉 心 雅 静 若 子 可 丽 慧 美 海 艺 怡 紫 亦 一 佩 安 语"
	lastMen       = "华 明 军 平 强 伟 峰 林 杰 波 生 辉 东 斌 涛 龙 飞 刚 勇 民 成 祥 亮 文 海 清 鹏 山 忠 宇 " +
		"国 良 武 才 新 胜 利 荣 浩 轩 阳 超 义 福 春 松 庆 宁 旭 远 然 彬 宏 洋 伦 栋 安 全 贵 光"
	lastWomen = "英 华 红 丽 兰 梅 霞 芳 萍 娟 玲 燕 敏 珍 琴 静 艳 云 香 凤 娜 琳 莲 琼 花 洁 婷 雪 颖 慧 " +
		"萱 怡 妍 瑶 蓉 菊 娥 君 倩 莉 蕾 晶 欣 悦 雯 宁 月 秋 波 平 洋 彤 涵 佳 萌 媛 蓓 薇 莹 茹"
	singleMen   = "伟 强 磊 军 勇 杰 涛 超 斌 鹏 刚 波 辉 飞 亮 平 浩 凯 明 峰 俊 健 宇 林 旭 鑫 龙 帅 毅 东 博 彬 锋 建 宁 阳 晨 翔 威 巍 维 江 洋 炜 松"
	singleWomen = "芳 娜 敏 静 丽 艳 娟 霞 燕 玲 婷 洁 莉 颖 丹 红 梅 倩 雪 琳 萍 慧 蕾 琴 晶 欣 佳 璐 莹 英 妍 瑶 薇 悦 蓉 玮 宁 雯 月"
	rareGiven   = "喆 堃 翀 赟 甯 祎 珺 旻 昇 犇 淼 燚 垚 玥 璟 頔 㛃 䶮 𬭎 骉"
)

// hanSounds groups the characters of given names by sound, tones aside.
const hanSounds = `ai爱 an安 bai柏 bao宝 bei蓓 bin斌彬滨 bo波博 cai才彩 chang长昌 chao超 chen晨辰 cheng成诚 chong翀 chun春 cui翠 da大 dan丹 de德 di頔
dong东冬栋 e娥 fang芳方 fei飞菲 feng峰凤锋枫 fu福富 gang刚钢 guang光广 gui桂贵 guo国 hai海 han涵晗 hao浩昊皓 hong红宏洪鸿𬭎 hua华花 hui辉慧惠晖 jia家嘉佳 jian建健剑 jiang江
jie杰洁捷㛃 jin金锦 jing景静晶璟敬 ju菊 juan娟 jun军俊君珺钧 kai凯楷 ke可克 kun堃坤 lan兰岚 lei磊蕾雷 li立丽利莉力 lian莲 liang良亮 lin林琳霖 ling玲 long龙 lu璐露 lun伦 mei美梅
meng梦萌 min民敏旻 ming明铭 na娜 ning宁甯 pei佩 peng鹏 ping平萍 qian倩 qiang强 qin琴 qing清庆青 qiong琼 qiu秋 quan全 ran然 rong荣蓉 ru茹 rui瑞 ruo若 shan山
shao少 sheng生胜昇 shi世诗 shu树书淑 shuai帅 si思 song松 su素 tao涛 tian天 ting婷 tong彤 wan万婉 wei伟卫维巍薇炜玮威 wen文雯 wu武 xia霞 xiang祥香翔 xiao晓小 xin新欣心鑫
xing兴 xiu秀 xu旭 xuan轩萱 xue学雪 ya亚雅 yan艳燕妍䶮 yang阳洋 yao瑶垚 yi一逸亦义怡毅艺燚祎 ying英颖莹 yong永勇 yu玉宇雨语 yuan远媛 yue月悦玥 yun云赟 ze泽 zhe喆 zhen振珍
zheng正 zhi志 zhong忠 zi子梓紫 ben犇 biao骉 miao淼`

// hanTraditional pairs simplified characters of names with their old forms.
const hanTraditional = `陈陳 张張 刘劉 杨楊 黄黃 赵趙 吴吳 孙孫 马馬 罗羅 郑鄭 谢謝 许許 邓鄧 韩韓 冯馮 肖蕭 叶葉 苏蘇 吕呂 卢盧 钟鍾 谭譚 陆陸 韦韋 贾賈 邹鄒 闫閆 顾顧 龚龔 万萬 钱錢 严嚴 汤湯 乔喬
赖賴 庄莊 齐齊 庞龐 颜顏 伟偉 国國 华華 军軍 丽麗 红紅 兰蘭 静靜 艳豔 杰傑 涛濤 飞飛 龙龍 凤鳳 荣榮 庆慶 贵貴 宝寶 东東 亚亞 义義 鹏鵬 刚剛 晓曉 云雲 莲蓮 梦夢 泽澤 维維 颖穎 莹瑩 兴興 学學 长長 书書 爱愛 树樹 强強
峰峯 辉輝 胜勝 远遠 卫衛 洁潔 琼瓊 诗詩 语語 铭銘 蒋蔣 兰蘭 宁寧 伦倫`

// hanAlike are characters of names that the eye or a scanner mixes up.
const hanAlike = `王玉 李季 张弛 陈阵 刘浏 杨扬 徐余 孙逊 朱未 郭廓 何柯 林材 郑邓 宋宗 许诉 韩朝 曹曾 田由 潘播 袁哀 于干 吕昌 丁了 任伍 卢户 江汪 尹伊 白自 史吏 毛手 明朋 军车 伟纬 峰锋 辉挥 涛淘 刚钢
勇湧 斌武 海悔 浩皓 丽而 红虹 梅海 芳芬 敏繁 娟捐 玲铃 燕蒸 静净 艳绝 琳淋 晶品 雪雷 欣欢 思恩 志忘 建健 国园 永水 春舂 晓哓 宇字 子孑 天夫 一二 文交 金全 玉五 秀季 桂佳 凤风 云去 成咸 利和 平乎 林村 生主 东车 民氏
良艮 山出 才寸`

// ethnic are given names with their sex and usual spelling in letters. A name of
// this kind is one's own name, a dot and the father's.
const ethnic = `买买提mMaimaiti 阿不都拉mAbudula 吐尔逊mTuerxun 艾力mAili 热合曼mReheman 玉素甫mYusufu 亚森mYasen 卡德尔mKadeer 艾尼瓦尔mAiniwaer
依布拉音mYibulayin 努尔买买提mNuermaimaiti 库尔班mKuerban 阿迪力mAdili 肉孜mRouzi 帕尔哈提mPaerhati 阿依古丽fAyiguli 古丽娜尔fGulinaer 帕提古丽fPatiguli
迪丽努尔fDilinuer 祖丽胡玛尔fZulihumaer 热依汗fReyihan 阿米娜fAmina 茹仙古丽fRuxianguli`

// hanTables are the tables above, taken apart.
type hanTables struct {
	surnames               bag[string]
	first                  map[string]bag[string] // by sex and age: "mo", "mn", "fo", "fn"
	last, single           map[string]bag[string] // by sex
	rare                   []string
	sound                  map[string]string   // of a surname or a character
	group                  map[string][]string // characters that sound alike
	traditional, plain     map[rune]rune
	alike                  map[rune]rune
	ethnicMen, ethnicWomen []string
	letters                map[string]string // of an ethnic name
}

var han = readHan()

func readHan() *hanTables {
	h := &hanTables{sound: map[string]string{}, group: map[string][]string{}, traditional: map[rune]rune{},
		plain: map[rune]rune{}, alike: map[rune]rune{}, letters: map[string]string{}, rare: strings.Fields(rareGiven)}
	for _, f := range strings.Fields(hanSounds) {
		at := strings.IndexFunc(f, wide)
		for _, r := range f[at:] {
			h.sound[string(r)] = f[:at]
			h.group[f[:at]] = append(h.group[f[:at]], string(r))
		}
	}
	for _, f := range strings.Fields(hanSurnames) {
		at := strings.IndexFunc(f, func(r rune) bool { return !wide(r) })
		n := strings.IndexAny(f, "0123456789")
		share, err := strconv.Atoi(f[n:])
		if err != nil {
			panic(err)
		}
		h.surnames.put(f[:at], float64(share))
		h.sound[" "+f[:at]] = f[at:n] // a surname may sound unlike its character
	}
	h.first = map[string]bag[string]{"mo": ranked(firstMenOld, 5), "mn": ranked(firstMenNew, 4), "fo": ranked(firstWomenOld, 4),
		"fn": ranked(firstWomenNew, 4)}
	h.last = map[string]bag[string]{"m": ranked(lastMen, 9), "f": ranked(lastWomen, 8)}
	h.single = map[string]bag[string]{"m": ranked(singleMen, 6), "f": ranked(singleWomen, 6)}
	pairs(hanTraditional, func(a, b rune) { h.traditional[a], h.plain[b] = b, a })
	pairs(hanAlike, func(a, b rune) { h.alike[a], h.alike[b] = b, a })
	for _, f := range strings.Fields(ethnic) {
		at := strings.IndexFunc(f, func(r rune) bool { return !wide(r) })
		h.letters[f[:at]] = f[at+1:]
		if f[at] == 'm' {
			h.ethnicMen = append(h.ethnicMen, f[:at])
		} else {
			h.ethnicWomen = append(h.ethnicWomen, f[:at])
		}
	}
	return h
}

func pairs(list string, put func(a, b rune)) {
	for _, f := range strings.Fields(list) {
		a, n := utf8.DecodeRuneInString(f)
		b, _ := utf8.DecodeRuneInString(f[n:])
		put(a, b)
	}
}

// wide reports whether the rune is a Chinese character of these tables.
func wide(r rune) bool { return r >= 0x2E80 }

// hanName draws a name: one in eighty-five is of a minority with a dot, one in
// sixty has a rare character, one in two hundred is written in the old forms.
func hanName(d *seeded.Dice, sex string, born int) name {
	if d.Chance(0.012) {
		own := han.ethnicMen
		if sex == "f" {
			own = han.ethnicWomen
		}
		return name{given: seeded.Pick(d, own) + "·" + seeded.Pick(d, han.ethnicMen), han: true}
	}
	n := name{family: han.surnames.draw(d), han: true}
	switch {
	case d.Chance(0.016):
		n.given = seeded.Pick(d, han.rare)
		if d.Chance(0.4) {
			n.given = drawFirst(d, sex, born) + n.given
		}
	case utf8.RuneCountInString(n.family) > 1 || d.Chance(0.16):
		n.given = drawFrom(d, han.single, sex)
		if utf8.RuneCountInString(n.family) > 1 && d.Chance(0.4) {
			n.given = drawFirst(d, sex, born) + drawFrom(d, han.last, sex)
		}
	default:
		n.given = drawFirst(d, sex, born) + drawFrom(d, han.last, sex)
	}
	if d.Chance(0.005) {
		n.family, n.given = oldForms(n.family), oldForms(n.given)
	}
	return n
}

// drawFirst draws from the list of the generation; those between share both.
func drawFirst(d *seeded.Dice, sex string, born int) string {
	age := "o"
	if born >= 1992 || born >= 1976 && d.Chance(float64(born-1976)/16) {
		age = "n"
	}
	return drawFrom(d, han.first, sex+age)
}

func drawFrom(d *seeded.Dice, bags map[string]bag[string], key string) string {
	b := bags[key]
	return b.draw(d)
}

func oldForms(s string) string {
	return strings.Map(func(r rune) rune {
		if old := han.traditional[r]; old != 0 {
			return old
		}
		return r
	}, s)
}

func newForms(s string) string {
	return strings.Map(func(r rune) rune {
		if plain := han.plain[r]; plain != 0 {
			return plain
		}
		return r
	}, s)
}

// spelled writes a Chinese name in letters, as a passport would: the family
// name, then the given name in one word; "" where a sound is not known.
func spelled(n name) (family, given string) {
	if n.family == "" {
		for i, part := range strings.Split(n.given, "·") {
			if i > 0 {
				given += " "
			}
			given += han.letters[part]
		}
		return "", given
	}
	for _, r := range newForms(n.given) {
		sound := han.sound[string(r)]
		if sound == "" {
			return "", ""
		}
		given += sound
	}
	return capital(han.sound[" "+newForms(n.family)]), capital(given)
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// soundAlike replaces a character by another of the same sound; "" where the
// tables have none.
func soundAlike(d *seeded.Dice, s string) string {
	runes := []rune(s)
	for _, i := range shuffled(d, len(runes)) {
		have := string(runes[i])
		group := han.group[han.sound[have]]
		if len(group) < 2 {
			continue
		}
		for {
			if other := seeded.Pick(d, group); other != have {
				return string(runes[:i]) + other + string(runes[i+1:])
			}
		}
	}
	return ""
}

// familyAlike is another surname of the same sound, "" if there is none.
func familyAlike(d *seeded.Dice, family string) string {
	var others []string
	for _, f := range han.surnames.things {
		if f != family && han.sound[" "+f] == han.sound[" "+family] {
			others = append(others, f)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return seeded.Pick(d, others)
}
