package accounts

import "strings"

// deviceName shortens a User-Agent header to something by which people recognize
// their devices: "Chrome · Android". What it does not recognize it leaves as it is,
// cut to one line.
func deviceName(agent string) string {
	browser := firstOf(agent, "MicroMessenger", "WeChat", "Edg", "Edge", "OPR", "Opera", "HuaweiBrowser", "Huawei Browser", "MiuiBrowser",
		"Mi Browser",
		"UCBrowser", "UC Browser", "Firefox", "Firefox", "Chrome", "Chrome", "Safari", "Safari", "curl", "curl")
	system := firstOf(agent, "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "HarmonyOS", "HarmonyOS", "Windows", "Windows",
		"Mac OS X", "macOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " · " + system
	case browser+system != "":
		return browser + system
	case len(agent) > 60:
		return strings.ToValidUTF8(agent[:60], "") + "…"
	}
	return agent
}

// firstOf gives the name of the first mark that the text holds; marks and
// names come in pairs.
func firstOf(text string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.Contains(text, pairs[i]) {
			return pairs[i+1]
		}
	}
	return ""
}
