"""Releases of the past: what is on the shelf, answering from it, and what changed in between.

``shelves.History`` is the one door; the application has one.
"""
