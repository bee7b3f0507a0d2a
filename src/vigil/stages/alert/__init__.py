"""Sinks: tell somebody of an event."""
