"""What runs on the board itself, by its own Python or shell."""
