// Command plumbline is the personnel issue-tracking and accountability ledger.
package main

func main() {}
