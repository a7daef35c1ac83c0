package app

// JobSteps lets tests add a kind of job of their own.
var JobSteps = jobSteps

// RewrapStep is one chunk of handing over to new custodians, for a test that
// ends between two.
var RewrapStep = rewrapStep
