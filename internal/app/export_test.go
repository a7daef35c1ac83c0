package app

// JobSteps lets tests add a kind of job of their own.
var JobSteps = jobSteps
