"""Serving a release from a remote store: its workers, and which of several stores to serve."""
