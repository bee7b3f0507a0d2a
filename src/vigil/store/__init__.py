"""What is remembered: events in a database, clips in a folder. SQLAlchemy lives here only."""

from sqlalchemy import Connection

from vigil.store.alert_store import AlertStore
from vigil.store.brain_store import BrainRequest, BrainStore, RequestKey, RequestState
from vigil.store.budget_store import Account, BudgetStore, Limit, Limits, Spent, algorithm_of
from vigil.store.decision_rows import Said
from vigil.store.decision_store import Announce, DecisionStore
from vigil.store.delivery_store import Delivery, DeliveryStore
from vigil.store.event_store import EventStore, Recorded, Wanted
from vigil.store.retention import Healed, Retention, Swept
from vigil.store.review_queue import ReviewQueue, Turn
from vigil.store.rows import StoredEvent
from vigil.store.sample_store import SampleStore, StoredSample
from vigil.store.spill import Spill
from vigil.store.steady_store import SteadyStore

__all__ = [
    "Account",
    "AlertStore",
    "Announce",
    "BrainRequest",
    "BrainStore",
    "BudgetStore",
    "Connection",
    "DecisionStore",
    "Delivery",
    "DeliveryStore",
    "EventStore",
    "Healed",
    "Limit",
    "Limits",
    "Recorded",
    "RequestKey",
    "RequestState",
    "Retention",
    "ReviewQueue",
    "Said",
    "SampleStore",
    "Spent",
    "Spill",
    "SteadyStore",
    "StoredEvent",
    "StoredSample",
    "Swept",
    "Turn",
    "Wanted",
    "algorithm_of",
]
