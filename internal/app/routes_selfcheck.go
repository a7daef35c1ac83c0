package app

var selfcheckRoutes = []Route{}
