// Package front is what stands before both faces: it tells where a request comes from
// when a proxy is in front, and compresses what may be compressed.
package front
