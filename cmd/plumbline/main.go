// Command plumbline is the personnel issue-tracking and accountability ledger.
package main

import (
	"os"

	"plumbline/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
