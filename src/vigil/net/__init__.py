"""The one guarded client for everything fetched or sent."""

from vigil.net.client import GuardedTransport, download, guarded_client

__all__ = ["GuardedTransport", "download", "guarded_client"]
