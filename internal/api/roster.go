package api

func registerRoster(r *registry) {}
