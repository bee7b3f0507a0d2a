"""Model files, their cards, the registry, and sessions that run them.

ONNX Runtime and OpenVINO are imported here and nowhere else, and only when a model opens.
"""

from vigil.infer.adding import add_model
from vigil.infer.cards import card_from_yaml, card_to_yaml, check_card, load_card
from vigil.infer.known import known_card, known_cards
from vigil.infer.live import LiveModel, OpenModel
from vigil.infer.registry import Entry, Registry, models_folder
from vigil.infer.session import Session, open_session

__all__ = [
    "Entry",
    "LiveModel",
    "OpenModel",
    "Registry",
    "Session",
    "add_model",
    "card_from_yaml",
    "card_to_yaml",
    "check_card",
    "known_card",
    "known_cards",
    "load_card",
    "models_folder",
    "open_session",
]
