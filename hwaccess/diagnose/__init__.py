"""Judging: the shared ladder from evidence to cause."""
