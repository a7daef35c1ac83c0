package app

var reportRoutes = []Route{}
