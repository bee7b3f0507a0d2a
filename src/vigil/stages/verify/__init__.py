"""Judges: find out whether the claim of an event is true."""
