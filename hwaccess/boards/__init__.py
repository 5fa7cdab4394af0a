"""Boards: where an engine is, and what was read on the machine."""
