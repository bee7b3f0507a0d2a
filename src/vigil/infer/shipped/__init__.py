"""Models that come with Vigil: in the registry without having been added.

<name>/card.yaml    beside it the weights, the golden picture and its answer, as in a registry
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

from vigil.core import ModelCard
from vigil.infer.cards import load_card

FOLDER = Path(str(files(__name__)))
CARD = "card.yaml"


@cache
def shipped(name: str) -> tuple[ModelCard, Path] | None:
    """The card and folder of a model that comes with Vigil; None: there is none of this name."""
    folder = FOLDER / name
    return (load_card(folder / CARD), folder) if (folder / CARD).is_file() else None


def shipped_names() -> tuple[str, ...]:
    """All of them."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob(f"*/{CARD}")))
