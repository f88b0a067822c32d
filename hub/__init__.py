"""The citizen service hub: one backend through which people use their city."""

__version__ = "0.1.0"
