"""The card of a pair of encoders, `card.yaml` in their folder."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vigil.config.settings import Positive
from vigil.config.yaml_file import read_yaml
from vigil.core import ConfigError
from vigil.infer.encoder_card import EncoderCard, Language, TextSide, checked_card
from vigil.infer.published import TEXT_LAYOUT, is_published, published_card

FILE = "card.yaml"


def _with_place(template: str) -> str:
    if template.count("{}") != 1:
        raise ValueError("allowed: a text with one {} in it")
    return template


Text = Annotated[str, Field(min_length=1, max_length=500)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1, max_length=32)]
Templates = Annotated[
    tuple[Annotated[Text, AfterValidator(_with_place)], ...], Field(min_length=1, max_length=32)
]

TEMPLATES: dict[Language, Templates] = {
    "en": ("{}", "a photo: {}", "a picture of a security camera: {}"),
    "zh": ("{}", "照片：{}", "监控画面：{}"),
}
NEGATIVES: dict[Language, Texts] = {
    "en": ("nothing happens", "an empty place", "light, shadow or rain"),
    "zh": ("没有任何事情发生", "空无一人的场所", "光线、阴影或雨"),
}


class ClipCard(EncoderCard):
    """All that is needed to compare pictures with texts."""

    text: TextSide
    logit_bias: float = 0.0
    score: Literal["softmax", "sigmoid"] = "softmax"
    """How it was trained: texts against each other (CLIP), or each alone (SigLIP)."""
    against: Literal["best", "mean"] = "best"
    """A claim must beat the best of its negatives, or their mean."""
    threshold: float = 2.0
    """Nats over its negatives at which a claim is as likely as not, for an unknown camera."""
    temperature: Positive = 2.0
    templates: dict[Language, Templates] = TEMPLATES
    negatives: dict[Language, Texts] = NEGATIVES


def load_clip_card(folder: Path) -> ClipCard:
    """The card in this folder, or what its publisher's files say where there is none.

    Raises `ConfigError` with every mistake in it.
    """
    path = folder / FILE
    if not path.is_file():
        return _from_publisher(folder)
    return checked_card(ClipCard, read_yaml(path), path)


def _from_publisher(folder: Path) -> ClipCard:
    if not is_published(folder):
        raise ConfigError(
            f"brain.folder: found {folder}; allowed: a folder with two encoders and a {FILE}, or "
            "the publisher's preprocessor_config.json"
        )
    card = published_card(folder)
    if card.text is None:
        raise ConfigError(f"{folder}: knows no text; allowed: {TEXT_LAYOUT}")
    return ClipCard.model_validate(card.model_dump())
