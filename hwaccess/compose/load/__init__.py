"""Compose files to one tree, as compose reads them."""
