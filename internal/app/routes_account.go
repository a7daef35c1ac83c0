package app

var accountRoutes = []Route{}
