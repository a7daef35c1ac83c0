//go:build !unix

package cli

import "errors"

// lockedFolder is unavailable where locks do not end with their process.
func lockedFolder(string) (folder string, free func(), err error) {
	return "", nil, errors.ErrUnsupported
}

func removeAbandoned(string) {}
