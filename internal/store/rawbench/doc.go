// Package rawbench writes rows and entries past the writer, for measurements: what they
// hold is real, how they came is not.
package rawbench
