"""One tree to typed services and grants."""
