"""HTTP routes; none imports another."""
