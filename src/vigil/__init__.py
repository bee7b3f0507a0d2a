"""Vigil: small models keep watch, a large model makes the call, every decision teaches."""

__version__ = "0.1.0"
