package app

var issueRoutes = []Route{}
