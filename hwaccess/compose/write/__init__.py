"""Compose text out: patches of a file, and the whole project as plain compose."""
