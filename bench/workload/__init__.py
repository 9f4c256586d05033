"""The workload: questions typical for comparing practices, asked of several engines at once."""
