"""The graph: store port and adapters, derive, validate, reason, release, answer."""
