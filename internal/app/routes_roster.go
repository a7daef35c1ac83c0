package app

var rosterRoutes = []Route{}
