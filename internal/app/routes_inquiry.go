package app

var inquiryRoutes = []Route{}
