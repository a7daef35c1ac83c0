// Package policies carries the authority policy and the rule packs as files
// compiled into the program. It only holds them: access reads the policy,
// rules reads the packs. A change of either is a new build.
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
