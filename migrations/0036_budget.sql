-- What an account opened today is counted before it opens more.
CREATE INDEX read_logs_account ON read_logs (account, at);
