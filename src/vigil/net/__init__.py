"""The one guarded client for everything fetched or sent."""

from vigil.net.async_client import Answer, AsyncGuardedClient, Limits
from vigil.net.client import GuardedTransport, download, guarded_client, host_of

__all__ = [
    "Answer",
    "AsyncGuardedClient",
    "GuardedTransport",
    "Limits",
    "download",
    "guarded_client",
    "host_of",
]
