"""The card of a pair of encoders, `card.yaml` in their folder."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError

from vigil.config.problems import explain, written
from vigil.config.settings import Model, Positive
from vigil.config.yaml_file import read_yaml
from vigil.core import ConfigError, ModelCard, ModelInput
from vigil.infer import TextInput

FILE = "card.yaml"
Language = Literal["en", "zh"]


def _bare(name: str) -> str:
    if PurePosixPath(name).name != name or "\\" in name or name in ("", ".", ".."):
        raise ValueError("allowed: the name of a file in the same folder")
    return name


def _with_place(template: str) -> str:
    if template.count("{}") != 1:
        raise ValueError("allowed: a text with one {} in it")
    return template


File = Annotated[str, AfterValidator(_bare)]
Side = Annotated[int, Field(ge=1, le=4096)]
Index = Annotated[int, Field(ge=0)]
Levels = tuple[float, float, float]
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


class ImageSide(Model):
    """How a picture becomes a vector. Numbers are those of `preprocessor_config.json`."""

    file: File
    width: Side = 224
    height: Side = 224
    mean: Levels = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[Positive, Positive, Positive] = (0.26862954, 0.26130258, 0.27577711)
    fit: Literal["pad", "stretch", "crop"] = "pad"
    """Keep the shape with a border, pull to size, or keep the middle and lose the sides."""
    output: Index = 0

    def as_card(self, name: str) -> ModelCard:
        """The same for a session."""
        levels = ModelInput(
            width=self.width,
            height=self.height,
            mean=tuple(255 * mean for mean in self.mean),
            scale=tuple(1 / (255 * std) for std in self.std),
        )
        return ModelCard(name=name, file=self.file, head="embedding", labels=(), input=levels)


class TextSide(Model):
    """How a text becomes a vector."""

    file: File
    length: Annotated[int, Field(ge=4, le=4096)] = 77
    tokenizer: File = "tokenizer.json"
    pad: Index = 0
    inputs: dict[Literal["ids", "mask", "types"], str] = Field({"ids": "input_ids"}, min_length=1)
    output: Index = 0
    lowercase: bool = False

    def as_input(self) -> TextInput:
        """The same for an encoder."""
        return TextInput(**self.model_dump())


class ClipCard(Model):
    """All that is needed to compare pictures with texts."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    image: ImageSide
    text: TextSide
    logit_scale: Positive = 100.0
    """By which cosines are multiplied; the exponential of what a checkpoint holds."""
    logit_bias: float = 0.0
    score: Literal["softmax", "sigmoid"] = "softmax"
    """How it was trained: texts against each other (CLIP), or each alone (SigLIP)."""
    against: Literal["best", "mean"] = "best"
    """A claim must beat the best of its negatives, or their mean."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    threshold: float = 2.0
    """Nats over its negatives at which a claim is as likely as not, for an unknown camera."""
    temperature: Positive = 2.0
    templates: dict[Language, Templates] = TEMPLATES
    negatives: dict[Language, Texts] = NEGATIVES


def load_clip_card(folder: Path) -> ClipCard:
    """Read the card in this folder; raises `ConfigError` with every mistake in it."""
    path = folder / FILE
    if not path.is_file():
        raise ConfigError(
            f"brain.folder: found {folder}; allowed: a folder with a {FILE} and two encoders"
        )
    try:
        return ClipCard.model_validate(read_yaml(path))
    except ValidationError as error:
        places = [explain(line) for line in error.errors(include_url=False)]
        raise ConfigError([f"{path}: {written(place)}: {why}" for place, why in places]) from None
