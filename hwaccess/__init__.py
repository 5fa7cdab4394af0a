"""Shows whether a container can really reach the hardware that its compose file promises."""

__version__ = "0.1.0"
