package app

var intakeRoutes = []Route{}
