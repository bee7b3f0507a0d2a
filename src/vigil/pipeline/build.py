"""From a camera's settings to its running parts."""

import copy
import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from vigil.config.app import CameraConfig
from vigil.config.home import Home
from vigil.core import Detector, Ear, Embedder, Enhancer, Reader, Sample, Sampler, Source
from vigil.core.ids import uuid7
from vigil.core.protocols import Rule
from vigil.core.stats import Measures, Minute
from vigil.media.ring import PacketRing
from vigil.pipeline.actions import Actions
from vigil.pipeline.camera import Camera
from vigil.pipeline.evidence import Evidence
from vigil.pipeline.main_stream import MainStream
from vigil.pipeline.sample_budget import SampleBudget
from vigil.pipeline.sample_desk import SampleDesk
from vigil.pipeline.sample_writer import SampleWriter
from vigil.pipeline.scene_desk import SceneDesk
from vigil.pipeline.scene_log import SceneLog, folder_name
from vigil.pipeline.senses import senses
from vigil.pipeline.stills import Stills
from vigil.pipeline.tally import Tally
from vigil.pipeline.watch import Watch
from vigil.stages.enhance.low_light import LowLight
from vigil.stages.gate.ledger import RecallLedger
from vigil.stages.gate.packets import PacketGate
from vigil.stages.gate.static_blobs import StaticBlobs
from vigil.stages.hear.loud_ear import LoudEar
from vigil.stages.sample.novelty import Novelty
from vigil.stages.sense.rain import RainSense

PartT = TypeVar("PartT")
RING_BYTES = 48 << 20
"""Enough for the ring of a 4K stream; a substream needs a hundredth."""
LOOK_BACK_S = 6.0
"""Beyond the clip's lead, how late an event may be told and still be shown from before its start:
a group of pictures of a sleeping camera (2 s), the backlog (2 s), and looks that must agree (2 s).
Longer groups are kept whole."""


class Builder:
    """Makes cameras; those whose parts with models are set alike share them."""

    def __init__(
        self,
        home: Home,
        *,
        evidence: bool = True,
        scene_file: Path | None = None,
        tell_minute: Callable[[Minute], None] | None = None,
        tell_sample: Callable[[Sample], None] | None = None,
        strict: bool = True,
    ) -> None:
        """`scene_file`: where the scenes of all cameras are recorded, whatever their settings.

        `tell_minute` is told the figures of each minute; without it nothing is counted.
        `tell_sample` is told of each sample on the disk; without it none is kept. `strict`: see
        `Stills`.
        """
        self._home = home
        self._tell_minute = tell_minute
        self._scene_file = scene_file
        self._evidence = evidence
        self._detectors: list[tuple[Detector, Detector]] = []
        self._readers: list[tuple[Reader, Reader]] = []
        self._ears: list[tuple[Ear, Ear]] = []
        self._enhancers: list[tuple[Enhancer, Enhancer]] = []
        self._embedders: list[tuple[Embedder, Embedder]] = []
        self._budgets: dict[str, SampleBudget] = {}
        self._samples = SampleWriter(home.samples, tell_sample) if tell_sample else None
        self._stills = Stills(home, strict=strict)
        self._actions = Actions(home)

    def camera(self, config: CameraConfig) -> tuple[Camera, Detector]:
        """A camera that has not started to read, and the detector it is to use.

        Raises `ModelError` when a model that it needs cannot be opened.
        """
        detector = self._detector(config.detector)
        ring = PacketRing(config.record.pre_capture + LOOK_BACK_S, RING_BYTES)
        rules = copy.deepcopy(config.all_rules)
        masks = tuple(config.masks)
        signals = frozenset().union(*(rule.signals for rule in rules))
        sample_desk = self._sample_desk_of(config)
        gate = dataclasses.replace(config.gate, masks=masks) if masks else config.gate  # type: ignore[type-var]
        watch = Watch(
            source=config.name,
            gate=gate,
            tracker=copy.deepcopy(config.tracker),
            rules=rules,
            ring=ring,
            detector_needs=detector.needs,
            ledger=RecallLedger(),
            packet_gate=PacketGate(),
            static_blobs=StaticBlobs(masks=masks) if "static_blobs" in signals else None,
            senses=(
                *senses(signals, masks),
                *((RainSense(masks=masks),) if sample_desk is not None else ()),
                *self._stills.senses(config.name, rules, gate, masks),
                *self._actions.senses(rules, gate, masks),
            ),
            scene_desk=self._scene_desk_of(config, rules),
            sample_desk=sample_desk,
            enhancers=tuple(self._enhancer(each) for each in config.enhance),
            readers=tuple(self._reader(reader) for reader in config.readers),
            ear=self._ear(config.ear or LoudEar()) if "sounds" in signals else None,
        )
        source: Source = config.source
        main = self._main_of(config)
        camera = Camera(
            name=config.name,
            source=source,
            watch=watch,
            evidence=self._evidence_of(config, ring, main),
            main=main,
            live=source.live,
        )
        return camera, detector

    def close(self) -> None:
        """Return when all samples are on the disk, and told of."""
        if self._samples is not None:
            self._samples.close()

    def _sample_desk_of(self, config: CameraConfig) -> SampleDesk | None:
        if self._samples is None or config.sample is None:
            return None
        file = self._home.samples / "budget" / f"{folder_name(config.name)}.json"
        return SampleDesk(
            config.sample,
            samplers=[self._sampler(each) for each in config.sample.strategies],
            masks=tuple(config.masks),
            # A camera that is made anew goes on with what is not on the disk yet.
            budget=self._budgets.setdefault(config.name, SampleBudget(file)),
            writer=self._samples,
        )

    def _sampler(self, wanted: Sampler) -> Sampler:
        own = copy.deepcopy(wanted)
        if isinstance(own, Novelty):
            own = dataclasses.replace(own, embedder=self._embedder(own.embedder))
        return own

    def _scene_desk_of(self, config: CameraConfig, rules: Sequence[Rule]) -> SceneDesk:
        log = None
        if self._scene_file is not None or config.record_scenes:
            log = SceneLog(config.name, folder=self._home.scenes, file=self._scene_file)
        return SceneDesk(log=log, tally=self._tally_of(config, rules))

    def _tally_of(self, config: CameraConfig, rules: Sequence[Rule]) -> Tally | None:
        if self._tell_minute is None:
            return None
        return Tally(
            config.name,
            uuid7(time.time()),
            self._tell_minute,
            zones={name: zone.coordinates for name, zone in config.zones.items()},
            measures=[rule for rule in rules if isinstance(rule, Measures)],
        )

    def _main_of(self, config: CameraConfig) -> MainStream | None:
        if config.main is None or not self._evidence:
            return None
        ring = PacketRing(config.record.pre_capture + LOOK_BACK_S, RING_BYTES)
        source: Source = copy.copy(config.main)
        source.name = f"{config.name} (main)"
        return MainStream(source, ring)

    def _evidence_of(
        self, config: CameraConfig, ring: PacketRing, main: MainStream | None
    ) -> Evidence | None:
        if not self._evidence:
            return None
        return Evidence(
            ring,
            self._home,
            main=main.ring if main else None,
            pre_s=config.record.pre_capture,
            post_s=config.record.post_capture,
        )

    def _detector(self, wanted: Detector) -> Detector:
        for settings, detector in self._detectors:
            if settings == wanted:
                return detector
        detector = self._at_home(wanted)
        self._detectors.append((wanted, detector))
        return detector

    def _reader(self, wanted: Reader) -> Reader:
        for settings, reader in self._readers:
            if settings == wanted:
                return reader
        reader = self._at_home(wanted)
        self._readers.append((wanted, reader))
        return reader

    def _enhancer(self, wanted: Enhancer) -> Enhancer:
        """One for each camera, since they remember pictures; light remembers nothing."""
        if not isinstance(wanted, LowLight):
            return self._at_home(copy.deepcopy(wanted))
        for settings, enhancer in self._enhancers:
            if settings == wanted:
                return enhancer
        enhancer = self._at_home(wanted)
        self._enhancers.append((wanted, enhancer))
        return enhancer

    def _embedder(self, wanted: Embedder) -> Embedder:
        for settings, embedder in self._embedders:
            if settings == wanted:
                return embedder
        embedder = self._at_home(wanted)
        # Weights that cannot be opened are told now, and do not end the watch later.
        embedder.embed([np.zeros((64, 64, 3), np.uint8)])
        self._embedders.append((wanted, embedder))
        return embedder

    def _ear(self, wanted: Ear) -> Ear:
        for settings, ear in self._ears:
            if settings == wanted:
                return ear.twin()
        ear = self._at_home(wanted)
        self._ears.append((wanted, ear))
        return ear.twin()

    def _at_home(self, wanted: PartT) -> PartT:
        """The part with its models found in our registry, and opened."""
        if getattr(wanted, "registry", 0) is None:
            wanted = dataclasses.replace(wanted, registry=self._home.models)  # type: ignore[type-var]
        for prepare in ("check", "warm_up"):
            if (prepared := getattr(wanted, prepare, None)) is not None:
                prepared()
        return wanted
