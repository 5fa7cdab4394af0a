"""Compose files in, a Project out."""
