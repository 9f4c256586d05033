"""The question library: one ``.rq`` file a question, with typed parameters. Knows no store."""
