"""The whole configuration file. What stands here is what may stand there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Protocol, Self, runtime_checkable

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    ValidationInfo,
    model_validator,
)

from vigil.config.alerts import Alerts
from vigil.config.algorithms import AlgorithmConfig, AlgorithmName, attached
from vigil.config.decide import Budgets, Database, Decide, Incidents, has_brain, judged_by
from vigil.config.parts import (
    AnyBrain,
    AnyDetector,
    AnyEar,
    AnyEnhancer,
    AnyGate,
    AnyReader,
    AnyTracker,
    AnyVerifier,
)
from vigil.config.paths import folder_of, placed
from vigil.config.problems import gathered, one_of, problem
from vigil.config.samples import AnySampling
from vigil.config.settings import Model, Name, Positive
from vigil.config.sources import AnySource
from vigil.config.zones import AnyRule, Corners, Zone
from vigil.core import Rule

INHERITED = (
    "site", "detector", "enhance", "gate", "tracker", "readers", "ear", "record", "record_scenes",
    "rules", "health", "sample",
)  # fmt: skip
"""What a camera takes from the top of the file when it does not say so itself."""
MERGED = ("gate", "record", "sample")
"""Of these it takes each setting that it does not say itself."""
ANYONE_ANYWHERE = ({"kind": "presence"},)
HEALTH = ("camera_offline", "camera_frozen")
SITE = "default"
LOUD = "loud"
"""What an ear without a model knows."""


@runtime_checkable
class HasLabels(Protocol):
    """A rule that names words."""

    labels: tuple[str, ...]


def _none(value: object) -> object:
    """YAML reads the word off as false."""
    return () if value is False or value == "off" else value


Health = Annotated[
    tuple[AnyRule, ...], BeforeValidator(_none), Field(HEALTH, validate_default=True)
]
"""Rules about the camera itself; `off` for none."""


class Retain(Model):
    """How long clips are kept; the oldest go first, events stay."""

    days: Positive | None = 14
    """null: for ever."""
    gb: Positive | None = 50
    """Of clips, 10**9 bytes each; null: as much as the disk holds."""
    reserve_mb: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 512
    """Kept free on the disk for the database, 10**6 bytes each."""
    scenes_days: Positive | None = 30
    """How long recorded scenes are kept; null: for ever."""
    scenes_gb: Positive | None = 5
    """Of recorded scenes, which count among the `gb` of all; null: as much as there is."""
    samples_days: Positive | None = 90
    """How long pictures of samples are kept; null: for ever."""
    samples_gb: Positive | None = 2
    """Of these pictures, which count among the `gb` of all; null: as much as there is."""
    stats_days: Positive | None = 400
    """How long the figures of `vigil stats` are kept; null: for ever."""


class Shards(Model):
    """How cameras are spread over processes."""

    cameras_per_shard: Annotated[int, Field(ge=1, le=256)] = 16
    spare: Annotated[int, Field(ge=0, le=8)] = 1
    """Processes that wait, ready to take the cameras of one that crashed; about 70 MB each."""


class Metrics(Model):
    """Where Prometheus may ask."""

    port: Annotated[int, Field(ge=1, le=65535)] = 9464
    host: str = "127.0.0.1"


class Record(Model):
    """How much of the time around an event its clip shows, in seconds."""

    pre_capture: Annotated[float, Field(ge=0, le=60)] = 5
    post_capture: Annotated[float, Field(ge=0, le=60)] = 5


class CameraConfig(Model):
    """One camera. Zones stand before rules, which speak of them."""

    name: str
    """The key of the camera; not to be written again."""
    site: Name = SITE
    """Where it hangs: the audits of a site's cameras are pooled."""
    source: AnySource = Field(validation_alias=AliasChoices("source", "sub"))
    """What is analysed."""
    main: AnySource | None = None
    """A finer stream, kept as evidence only; None: the analysed one is kept."""
    detector: AnyDetector = Field("named_motion", validate_default=True)
    enhance: tuple[AnyEnhancer, ...] = ()
    """What is done to pictures before the detector sees them, in this order."""
    gate: AnyGate = Field({"kind": "luma"}, validate_default=True)
    tracker: AnyTracker = Field("two_stage", validate_default=True)
    readers: tuple[AnyReader, ...] = ()
    """Second looks at each track: whether it has a face, what colour it is, what it says …"""
    ear: AnyEar | None = None
    """Who listens, where a rule reads sounds; a word that is no kind names a model. None: one
    without a model, that knows sudden loud noises only.
    """
    masks: tuple[Corners, ...] = ()
    """Areas that are never looked at, such as a clock or the neighbour's window."""
    zones: Mapping[Name, Zone] = Field(default_factory=dict)
    rules: tuple[AnyRule, ...]
    health: Health
    """Rules that a live source has besides; one of the same kind in `rules` takes its place."""
    record: Record = Record()
    record_scenes: bool = False
    """Keep every scene, without pixels, so that rules can be tried on it: `vigil replay`."""
    sample: AnySampling
    """Which looks `vigil run` keeps as pictures to learn from; None (`off`): none."""

    @model_validator(mode="after")
    def _rules_have_names_of_their_own(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = [
            problem(("rules", index, "name"), name, "another rule of this camera has this name")
            for index, name in enumerate(names)
            if name in names[:index]
        ]
        return gathered(twice, lambda: self)

    @model_validator(mode="after")
    def _readers_read_what_rules_ask_for(self) -> Self:
        kinds = [reader.kind for reader in self.readers]
        twice = [
            problem(("readers", index, "name"), kind, "another reader has this name")
            for index, kind in enumerate(kinds)
            if kind in kinds[:index]
        ]
        unread = [
            problem(
                ("rules", index, "readings", kind), kind, f"no reader of it{one_of(kind, kinds)}"
            )
            for index, rule in enumerate(self.rules)
            for kind in getattr(rule, "readings", ())
            if kind not in kinds
        ]
        return gathered(twice + unread, lambda: self)

    @model_validator(mode="after")
    def _sounds_are_known_to_the_ear(self) -> Self:
        strange = [
            problem(
                ("rules", index, "labels"),
                rule.labels,
                f"without a model an ear knows {LOUD!r} only; name a model as `ear`",
            )
            for index, rule in enumerate(self.rules)
            if self.ear is None and "sounds" in getattr(rule, "signals", ())
            if isinstance(rule, HasLabels) and LOUD not in rule.labels
        ]
        return gathered(strange, lambda: self)

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """What the camera is watched for: its rules, and those of its health where they apply."""
        own = {type(rule) for rule in self.rules}
        about_itself = [rule for rule in self.health if type(rule) not in own]
        return (*self.rules, *about_itself) if self.source.live else self.rules


def _off(value: object) -> object:
    """YAML reads the word off as false."""
    return None if value is False or value == "off" else value


def _placed(path: Path | None, info: ValidationInfo) -> Path | None:
    return None if path is None else placed(path, folder_of(info))


class App(Model):
    """The whole file. What stands at the top holds for cameras that do not say themselves."""

    home: Annotated[Path | None, AfterValidator(_placed)] = None
    """State folder; None: VIGIL_HOME, or the platform's."""
    database: Database | None = Field(None, repr=False)
    """URL of a server; None: VIGIL_DATABASE, or a file in the state folder."""
    retain: Retain = Retain()
    shards: Shards = Shards()
    metrics: Annotated[Metrics | None, BeforeValidator(_off)] = Metrics()
    """None (`off`): nobody may ask."""
    site: Name = SITE
    detector: AnyDetector = Field("named_motion", validate_default=True)
    enhance: tuple[AnyEnhancer, ...] = ()
    gate: AnyGate = Field({"kind": "luma"}, validate_default=True)
    tracker: AnyTracker = Field("two_stage", validate_default=True)
    readers: tuple[AnyReader, ...] = ()
    ear: AnyEar | None = None
    record: Record = Record()
    record_scenes: bool = False
    sample: AnySampling
    health: Health
    rules: Any = ANYONE_ANYWHERE
    """As written: each camera builds rules of its own from it, for rules remember."""
    brain: Annotated[AnyBrain | None, BeforeValidator(_off)] = None
    """A large model, for whoever asks one and names no other."""
    verify: Annotated[AnyVerifier | None, BeforeValidator(_off)] = Field(
        "second_look", validate_default=True
    )
    """Who judges events; None (`off`): nobody."""
    decide: Decide = Decide()
    budget: Budgets = Budgets()
    neighbours: tuple[tuple[Name, ...], ...] = ()
    """Groups of cameras that see the same ground."""
    incidents: Incidents = Incidents()
    alerts: Alerts = Alerts()
    """Who is told."""
    algorithms: Mapping[AlgorithmName, AlgorithmConfig] = Field(default_factory=dict)
    """What else is looked for, on the cameras that each names."""
    cameras: Mapping[Name, CameraConfig] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _cameras_inherit(cls, found: Any) -> Any:
        if not isinstance(found, Mapping) or not isinstance(found.get("cameras"), Mapping):
            return found
        top = {"rules": ANYONE_ANYWHERE} | {
            word: found[word] for word in INHERITED if found.get(word) is not None
        }
        cameras = {
            name: attached(camera, name, found.get("algorithms"), asks=has_brain(found))
            if isinstance(camera := inherited(top, own, name), Mapping)
            else camera
            for name, own in found["cameras"].items()
        }
        return {**found, "cameras": cameras}

    @model_validator(mode="before")
    @classmethod
    def _judges_know_the_brain(cls, found: Any) -> Any:
        return judged_by(found) if isinstance(found, Mapping) else found

    @model_validator(mode="after")
    def _neighbours_are_cameras(self) -> Self:
        strange = [
            problem(("neighbours", group, at), name, f"no such camera{one_of(name, self._names)}")
            for group, names in enumerate(self.neighbours)
            for at, name in enumerate(names)
            if name not in self.cameras
        ]
        return gathered(strange, lambda: self)

    @model_validator(mode="after")
    def _algorithms_are_on_cameras(self) -> Self:
        strange = [
            problem(("algorithms", name, "cameras", at), camera, f"no such camera{near}")
            for name, algorithm in self.algorithms.items()
            for at, camera in enumerate(algorithm.cameras)
            if camera not in self.cameras
            for near in (one_of(camera, self._names),)
        ]
        return gathered(strange, lambda: self)

    @property
    def _names(self) -> list[str]:
        return sorted(self.cameras)

    def without_cameras(self) -> Self:
        """The same for a process that must not know the passwords of all cameras."""
        return self.model_copy(update={"cameras": {}})


def inherited(top: Mapping[str, Any], own: Any, name: object) -> Any:
    """A camera's settings with what it takes from the top of the file."""
    if not isinstance(own, Mapping):
        return own
    merged = {
        word: {**top[word], **own[word]}
        for word in MERGED
        if _same_kind(top.get(word), own.get(word))
    }
    return {"name": name, **top, **own, **merged}


def _same_kind(top: object, own: object) -> bool:
    if not isinstance(top, Mapping) or not isinstance(own, Mapping):
        return False
    return bool(own.get("kind", top.get("kind")) == top.get("kind"))
