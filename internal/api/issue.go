package api

func registerIssue(r *registry) {}
