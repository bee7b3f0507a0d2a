"""The one guarded client for everything fetched or sent."""
