"""The engine: the only place that knows the Docker SDK."""
