package api

func registerIntake(r *registry) {}
