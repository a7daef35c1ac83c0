package api

func registerRectify(r *registry) {}
