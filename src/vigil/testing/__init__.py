"""Servers and fakes for our tests and for those of plug-in authors."""
