"""Adapters of the store port, one file each."""
