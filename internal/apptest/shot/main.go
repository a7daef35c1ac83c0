// Command shot takes pictures of pages of a running site, at 360 and 1440 px
// and in both languages, and says what is too wide and what axe-core objects
// to. It is for whoever works on the pages:
//
//	go run ./internal/apptest/shot -base http://127.0.0.1:8080 -as NAME -password WORD -out /tmp/shots / /issues
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"plumbline/internal/apptest/chrome"
)

func main() {
	base := flag.String("base", "http://127.0.0.1:8080", "address of the site")
	as := flag.String("as", "", "account to sign in with; empty stays outside")
	password := flag.String("password", "", "its password")
	out := flag.String("out", "shots", "folder for the pictures")
	langs := flag.String("langs", "zh-CN,en", "languages")
	widths := flag.String("widths", "360,1440", "widths in px")
	flag.Parse()
	if err := run(*base, *as, *password, *out, strings.Split(*langs, ","), strings.Split(*widths, ","), flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(base, as, password, out string, langs, widths, paths []string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	b, err := chrome.Launch()
	if err != nil {
		return err
	}
	defer b.Close()
	for _, lang := range langs {
		for _, width := range widths {
			px := 0
			if _, err := fmt.Sscan(width, &px); err != nil {
				return fmt.Errorf("width %q: %w", width, err)
			}
			tab, err := b.Tab(px, lang)
			if err != nil {
				return err
			}
			if as != "" {
				if err := tab.SignIn(base, as, password); err != nil {
					return err
				}
			}
			for _, path := range paths {
				if err := tab.Open(base + path); err != nil {
					return err
				}
				name := strings.Trim(strings.NewReplacer("/", "_", "?", "_", "&", "_", "=", "-").Replace(path), "_")
				if name == "" {
					name = "home"
				}
				file := filepath.Join(out, fmt.Sprintf("%s-%s-%s.png", name, lang, width))
				if err := tab.Shot(file); err != nil {
					return err
				}
				by, what, err := tab.Wide()
				if err != nil {
					return err
				}
				found, err := tab.Axe()
				if err != nil {
					return err
				}
				wrong, err := tab.Wrong()
				if err != nil {
					return err
				}
				fmt.Println(file)
				for _, w := range wrong {
					fmt.Println("  " + w)
				}
				if by > 0 {
					fmt.Printf("  %d px too wide: %s\n", by, what)
				}
				for _, f := range found {
					fmt.Println("  axe:", f)
				}
			}
		}
	}
	return nil
}
