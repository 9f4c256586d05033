"""Brings data in: sources become claims. The only room that writes to the home directory."""
