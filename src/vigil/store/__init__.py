"""What is remembered: events in a database, clips in a folder. SQLAlchemy lives here only."""

from sqlalchemy import Connection

from vigil.store.alert_store import AlertStore
from vigil.store.delivery_store import Delivery, DeliveryStore
from vigil.store.event_store import EventStore, Recorded, Wanted
from vigil.store.retention import Healed, Retention, Swept
from vigil.store.rows import StoredEvent
from vigil.store.spill import Spill
from vigil.store.steady_store import SteadyStore

__all__ = [
    "AlertStore",
    "Connection",
    "Delivery",
    "DeliveryStore",
    "EventStore",
    "Healed",
    "Recorded",
    "Retention",
    "Spill",
    "SteadyStore",
    "StoredEvent",
    "Swept",
    "Wanted",
]
