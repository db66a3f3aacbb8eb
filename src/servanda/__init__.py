"""Servanda finds the agreement that will be kept, and says why the others will not."""

__version__ = "0.1.0"
