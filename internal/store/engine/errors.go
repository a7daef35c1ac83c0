package engine

import "fmt"

// Doing adds to an error what was being done, and to which object. Errors are
// logged, so the object is an id, a role or a size, never a name or a secret.
// On success it allocates nothing.
func Doing(err *error, what, object string) {
	switch {
	case *err == nil:
	case object == "":
		*err = fmt.Errorf("%s: %w", what, *err)
	default:
		*err = fmt.Errorf("%s %s: %w", what, object, *err)
	}
}
