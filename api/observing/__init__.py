"""What an operator sees of a running server: metrics, structured logs, one line per request."""
