//go:build !unix

package cli

import "errors"

// lockedFolder is not had where no lock ends with its process.
func lockedFolder(string) (folder string, free func(), err error) {
	return "", nil, errors.ErrUnsupported
}

func removeAbandoned(string) {}
