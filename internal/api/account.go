package api

func registerAccount(r *registry) {}
