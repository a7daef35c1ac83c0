package api

func registerInquiry(r *registry) {}
