package app

var rectifyRoutes = []Route{}
