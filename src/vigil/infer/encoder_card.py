"""How an encoder of pictures, and one of texts beside it, take what they are given."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from vigil.config.problems import explain, written
from vigil.config.settings import Model, Positive
from vigil.config.yaml_file import read_yaml
from vigil.core import ConfigError, ModelCard, ModelInput
from vigil.infer.text_encoder import TextInput
from vigil.infer.vectors import Pool

Language = Literal["en", "zh"]
CardT = TypeVar("CardT", bound=BaseModel)


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    plain = str(path) == name and "\\" not in name and not path.is_absolute()
    if not plain or name == "." or ".." in path.parts:
        raise ValueError("allowed: the name of a file in the same folder, or in one below it")
    return name


File = Annotated[str, AfterValidator(_inside)]
Side = Annotated[int, Field(ge=1, le=4096)]
Index = Annotated[int, Field(ge=0)]
Levels = tuple[float, float, float]


class ImageSide(Model):
    """How a picture becomes a vector. Numbers are those of `preprocessor_config.json`."""

    file: File
    width: Side = 224
    height: Side = 224
    mean: Levels = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[Positive, Positive, Positive] = (0.26862954, 0.26130258, 0.27577711)
    fit: Literal["pad", "stretch", "crop"] = "pad"
    """Keep the shape with a border, pull to size, or keep the middle and lose the sides."""
    edge: Side | None = None
    """Of `crop`: pixels of the short side when the middle is cut out; None: it just fills."""
    output: Index = 0
    pool: Pool = "vector"

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
    padded: bool = True
    inputs: dict[Literal["ids", "mask", "types"], str] = Field({"ids": "input_ids"}, min_length=1)
    output: Index = 0
    lowercase: bool = False

    def as_input(self) -> TextInput:
        """The same for an encoder."""
        return TextInput(**self.model_dump())


class EncoderCard(Model):
    """An encoder of pictures, and the one of texts that was trained with it, if there is one."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    image: ImageSide
    text: TextSide | None = None
    logit_scale: Positive = 100.0
    """By which cosines are multiplied; the exponential of what a checkpoint holds."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)


def card_of_encoder(path: Path) -> EncoderCard | None:
    """What a `card.yaml` says of encoders; None where it is the card of another sort of model.

    What else a pair's card says is for those who judge by it. Raises `ConfigError`.
    """
    found = read_yaml(path)
    if not isinstance(found, dict) or "image" not in found:
        return None
    known = {word: found[word] for word in EncoderCard.model_fields if word in found}
    return checked_card(EncoderCard, known, path)


def checked_card(kind: type[CardT], found: object, path: Path) -> CardT:
    """The card that a file's content makes; raises `ConfigError` with every mistake in it."""
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        places = [explain(line) for line in error.errors(include_url=False)]
        raise ConfigError([f"{path}: {written(place)}: {why}" for place, why in places]) from None
