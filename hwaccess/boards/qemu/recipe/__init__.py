"""What a board is to be: recipes in TOML, read, checked, and turned into records."""
