"""An open discriminated union: `kind` names an entry point, and only that one is imported."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import BaseModel, GetCoreSchemaHandler, TypeAdapter, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from vigil.config.paths import folder_of, placed
from vigil.config.problems import gathered, one_of, unknown_words
from vigil.core import (
    Alerter,
    Brain,
    Detector,
    Ear,
    Embedder,
    Enhancer,
    Gate,
    Reader,
    Sampler,
    Tracker,
    Verifier,
    VigilError,
)

Settings = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class OneOf:
    """Build the part whose entry point in `group` is called `kind`.

    A plain word stands for a part without settings: `detector: motion` is
    `detector: {kind: motion}`.
    """

    group: str
    usual: str | None = None
    """The kind meant when settings name none."""

    def build(self, value: object, info: ValidationInfo) -> object:
        """A part; all mistakes in its settings at once."""
        if isinstance(value, str):
            value = self.spoken(value, info)
        if not isinstance(value, Mapping):
            return self._made_in_python(value)
        settings = dict(value)
        kind = settings.pop("kind", self.usual)
        part = self._class_of(kind)
        names = _settings_of(part)
        problems: list[InitErrorDetails] = []
        if names is not None:
            settings, problems = unknown_words(settings, names)
            problems += self.complete(settings, str(kind), names, info)
        return gathered(problems, lambda: self._constructed(part, settings, info))

    def spoken(self, word: str, info: ValidationInfo) -> Mapping[str, object]:
        """The settings for which a single word stands."""
        return {"kind": word}

    def complete(
        self, settings: Settings, kind: str, names: Sequence[str], info: ValidationInfo
    ) -> list[InitErrorDetails]:
        """Add to `settings` what the rest of the file says; returns the mistakes found."""
        return []

    @property
    def what(self) -> str:
        """The word for such a part."""
        return self.group.removeprefix("vigil.").removesuffix("s")

    def _made_in_python(self, value: object) -> object:
        if value is None or isinstance(value, int | float | list | tuple):
            kinds = ", ".join(sorted(parts_of(self.group)))
            raise _refused(f"allowed: a {self.what}: its settings, or one of {kinds}")
        return value

    def _class_of(self, kind: object) -> Any:
        found = parts_of(self.group)
        if not isinstance(kind, str) or kind not in found:
            named = "without a kind" if kind is None else f"of kind {kind!r}"
            raise _refused(f"no {self.what} {named}{one_of(str(kind), sorted(found))}")
        try:
            return found[kind].load()
        except (ImportError, AttributeError) as error:
            raise _refused(f"{self.what} {kind!r} cannot be loaded: {error}") from error

    @staticmethod
    def _constructed(part: Any, settings: Settings, info: ValidationInfo) -> object:
        meant = {
            name: placed(value, folder_of(info))
            for name, value in settings.items()
            if name in _paths_of(part) and isinstance(value, str | Path)
        }
        try:
            return _adapter(part).validate_python(settings | meant, context=info.context)
        except VigilError as error:
            raise _refused("; ".join(str(error).splitlines())) from error

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.build)


class OneDetector(OneOf):
    """A word that is no kind of detector is the name of a model in the registry."""

    def spoken(self, word: str, info: ValidationInfo) -> Mapping[str, object]:
        return {"kind": word} if word in parts_of(self.group) else {"kind": "model", "name": word}


@cache
def parts_of(group: str) -> Mapping[str, EntryPoint]:
    """Entry points by name: our own parts and those of plug-ins."""
    return {point.name: point for point in entry_points(group=group)}


@cache
def _adapter(part: Any) -> TypeAdapter[object]:
    return TypeAdapter(part)


def _settings_of(part: Any) -> tuple[str, ...] | None:
    """The names that the constructor takes; None when only it knows."""
    if dataclasses.is_dataclass(part):
        return tuple(field.name for field in dataclasses.fields(part) if field.init)
    if isinstance(part, type) and issubclass(part, BaseModel):
        return tuple(part.model_fields)
    return None


@cache
def _paths_of(part: Any) -> frozenset[str]:
    """The settings that name a file or folder."""
    if _settings_of(part) is None:
        return frozenset()
    hints = get_type_hints(part)
    return frozenset(name for name, hint in hints.items() if Path in (hint, *get_args(hint)))


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("vigil", "{message}", {"message": message})


AnyGate = Annotated[Gate, OneOf("vigil.gates", usual="luma")]
AnyDetector = Annotated[Detector, OneDetector("vigil.detectors")]
AnyEnhancer = Annotated[Enhancer, OneOf("vigil.enhancers")]
AnyReader = Annotated[Reader, OneOf("vigil.readers")]
AnyEar = Annotated[Ear, OneDetector("vigil.ears")]
AnyTracker = Annotated[Tracker, OneOf("vigil.trackers", usual="two_stage")]
AnySampler = Annotated[Sampler, OneOf("vigil.samplers")]
AnyEmbedder = Annotated[Embedder, OneDetector("vigil.embedders")]
AnyBrain = Annotated[Brain, OneOf("vigil.brains", usual="openai")]
AnyVerifier = Annotated[Verifier, OneOf("vigil.verifiers")]
AnyAlerter = Annotated[Alerter, OneOf("vigil.alerters")]
