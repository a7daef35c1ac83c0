// Package policies carries the authority policy, the rule packs and the common
// passwords as files compiled into the program. It only holds them: access reads
// the policy, rules reads the packs, app asks for the passwords. A change of any
// is a new build.
package policies

import "embed"

// Model is the casbin model, model.conf.
//
//go:embed model.conf
var Model string

// Policy is the authority policy, policy.csv.
//
//go:embed policy.csv
var Policy string

// Packs holds the rule packs, packs/<version>.json.
//
//go:embed packs/*.json
var Packs embed.FS

// Passwords are the common passwords that nobody may choose, passwords.bin:
// digests in order, each as the distance to the one before it. script/passwords
// makes the file and says of what.
//
//go:embed passwords.bin
var Passwords string
