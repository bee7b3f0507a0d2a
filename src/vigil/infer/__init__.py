"""Model files, their cards, the registry, and sessions that run them.

ONNX Runtime and OpenVINO are imported here and nowhere else, and only when a model opens.
"""

from vigil.infer.adding import add_model
from vigil.infer.cards import card_from_yaml, card_to_yaml, check_card, load_card
from vigil.infer.content import sha256_of
from vigil.infer.known import known_card, known_cards
from vigil.infer.live import LiveModel, OpenModel
from vigil.infer.registry import Entry, Registry, models_folder
from vigil.infer.session import Session, open_session
from vigil.infer.text_encoder import TextEncoder, TextInput

__all__ = [
    "Entry",
    "LiveModel",
    "OpenModel",
    "Registry",
    "Session",
    "TextEncoder",
    "TextInput",
    "add_model",
    "card_from_yaml",
    "card_to_yaml",
    "check_card",
    "known_card",
    "known_cards",
    "load_card",
    "models_folder",
    "open_session",
    "sha256_of",
]
