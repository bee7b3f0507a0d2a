"""A model that is due is trained anew, from the weights in use, and goes through the gate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vigil.config.home import Home
from vigil.core import ModelCard, ModelError
from vigil.data.freezing import Frozen, freeze
from vigil.data.library import Library
from vigil.flywheel.gate import Bounds, Passage
from vigil.flywheel.promote import Sight, promote
from vigil.infer.registry import Registry
from vigil.train.continuing import After
from vigil.train.fitting import Fit, Told
from vigil.train.networks import NETWORKS, SENTRY, Start, network_of
from vigil.train.recipe import Trained, train_detector


@dataclass(frozen=True, kw_only=True)
class Retrained:
    """A new version, and what the gate said of it."""

    frozen: Frozen
    """What it has learnt from, and is judged by."""
    made: Trained
    kept: ModelCard
    passage: Passage


def retrain(
    home: Home,
    card: ModelCard,
    library: Library,
    *,
    fit: Fit,
    events: Iterable[Sequence[Sight]] = (),
    bounds: Bounds | None = None,
    told: Told = lambda done, total, best: None,
) -> Retrained:
    """Freeze what is known now, fit the words of `card` to it, and put it to use if it passes.

    It begins from what `card` has learnt where its run is still in `home`; a Sentry without one
    begins from nothing. `fit`: its side, and how fast and steep it may be, are the network's.
    `events`: what confirmed events showed. Raises `DataError`, and `ModelError` for a model that
    cannot be trained here.
    """
    registry, runs = Registry(home.models), home.path / "training"
    network, old = _network_of(card), _known(home, card, registry)
    if old is not None:
        network = network_of(old.weights, network)
    kind = NETWORKS[network]
    frozen = freeze(library.things(), library.frozen)
    student = replace(
        card,
        file=f"{card.name}.onnx",
        dataset=frozen.version,
        parent=card.id,
        sha256={},
        metrics={},
        latency_ms={},
    )
    made = train_detector(
        frozen,
        library.folder,
        student,
        runs / f"{card.name}-{frozen.version[:16]}-after-{card.id}",
        fit=replace(
            fit, side=card.input.width, rate=min(fit.rate, kind.rate), steepest=kind.steepest
        ),
        start=Start(network=network),
        after=old,
        told=told,
    )
    kept = registry.add(made.folder / made.best.file, made.best, activate=False)
    passage = promote(
        registry,
        kept.id,
        against=card.name,
        frozen=frozen,
        root=library.folder,
        events=events,
        bounds=bounds,
    )
    return Retrained(frozen=frozen, made=made, kept=kept, passage=passage)


def _network_of(card: ModelCard) -> str:
    """Which network a model is: of several with its head, the one that its source names."""
    fitting = [network for network, kind in NETWORKS.items() if kind.head == card.head]
    named = [network for network in fitting if network in card.source.split()]
    if not named and SENTRY in fitting:
        return SENTRY  # which its source need not name
    found = fitting if len(fitting) == 1 else named
    if not found:
        raise ModelError(f"{card.id}: no network that is trained here; see: vigil model train")
    return found[-1]


def _known(home: Home, card: ModelCard, registry: Registry) -> After | None:
    """What a model has learnt; None for a Sentry of which only eight bits are left: it is quick."""
    try:
        return After.of(card.id, registry, runs=home.path / "training", data=home.path / "data")
    except ModelError:
        if card.head == NETWORKS[SENTRY].head:
            return None
        raise
