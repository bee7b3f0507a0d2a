"""Networks that learn to find things, by the names under which they are asked for.

Each is one module that gives its loss, and one that the watch opens; all else is the same for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from vigil.core import ModelCard, ModelError
from vigil.models import detr, sentry
from vigil.models.yolox import YoloxNano, is_yolox
from vigil.train.borrowing import Published, begin_as_published
from vigil.train.channels import check_share
from vigil.train.detector_loss import TrainedSentry
from vigil.train.pruning import prune


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What the name of a network settles."""

    head: str
    """How its answers are read; see `vigil.infer.heads`."""
    rate: float
    """Of learning, for batches of 16, as its authors' scaled down."""
    steepest: float
    """Longer gradients are cut to this norm."""
    nms_iou: float


_POINTS = Kind(head="points", rate=2e-3, steepest=10.0, nms_iou=0.5)
_QUERIES = Kind(head="queries", rate=2e-4, steepest=0.1, nms_iou=0.7)
SENTRY, YOLOX = "sentry", "yolox-nano"
OF_CELLS = (SENTRY, YOLOX)
"""Networks whose cells answer: they take pictures that are no squares, too."""
NETWORKS: Mapping[str, Kind] = {
    SENTRY: _POINTS,
    YOLOX: _POINTS,
    "dfine-n": Kind(head="queries", rate=4e-4, steepest=0.1, nms_iou=0.7),
    "dfine-s": _QUERIES,
    "rtdetr-v2-r18": _QUERIES,
}

WIDTHS = (
    "stem.0.0.weight",
    "stem.1.0.weight",
    *(f"stages.{number}.0.0.weight" for number in range(len(sentry.STRIDES))),
    "pyramid.alike.0.0.weight",
)
"""Weights of a Sentry that tell how many channels each of its parts has."""


def kind_of(network: str) -> Kind:
    """Raises `ModelError` for a name that is none."""
    if network not in NETWORKS:
        raise ModelError(f"network: found {network!r}; allowed: {', '.join(NETWORKS)}")
    return NETWORKS[network]


@dataclass(frozen=True, kw_only=True)
class Start:
    """Which network learns, from where, and how it takes what it is told."""

    network: str = SENTRY
    published: Path | None = None
    """Weights as their publisher laid them out, a folder or a file; its words begin anew."""
    words: Sequence[str] = ()
    """Those of the card, of which some, `vehicle=car`, tell as which published one they begin."""
    weights: Mapping[str, Tensor] | None = None
    """Of an older network of this kind, whose words are the first of the card's."""
    soft: bool = False
    """How far a box is believed is what its word's probability is to become, not its weight."""
    prune: float = 0.0
    """Share of the channels that goes before it learns."""

    def __post_init__(self) -> None:
        begun = [word for word in self.words if "=" in word]
        if begun and (self.network != YOLOX or self.published is None):
            raise ModelError(f"words: {begun[0]}: begins as none; allowed with: {YOLOX}, weights")
        if self.prune:
            check_share(self.prune)
            if self.network != SENTRY:
                raise ModelError(f"prune: {self.network} keeps its channels; allowed: {SENTRY}")


FROM_NOTHING = Start()


def network_of(weights: Mapping[str, Tensor], otherwise: str) -> str:
    """The name of the network that some weights are of."""
    return YOLOX if is_yolox(weights) else otherwise


@dataclass(frozen=True, kw_only=True, eq=False)
class Learner:
    """A network that is about to learn."""

    network: nn.Module
    model: nn.Module
    """Takes a batch, gives its `loss`."""
    exported: nn.Module
    """What the watch opens."""
    pruned: tuple[int, int] | None = None
    """Parameters before and after; None: no channels were taken out now."""
    published: Published | None = None
    """What it began as, to which it goes back halfway when it has learnt."""


def learner(start: Start, card: ModelCard) -> Learner:
    """A network for the words of a card, its weights drawn or taken over. Raises `ModelError`."""
    words, side = len(card.labels), card.input.width
    if start.published is not None and start.network == SENTRY:
        raise ModelError(f"weights: {SENTRY} has no published ones; allowed with: {_published()}")
    if start.network == YOLOX:
        found = _yolox(words, start)
    elif start.network == SENTRY:
        found = _of_cells(_sentry(words, start.weights), start)
    else:
        asked = (
            detr.made(detr.config_of(start.network, words, side))
            if start.published is None
            else detr.published(start.network, start.published, words, side)
        )
        found = Learner(network=asked, model=detr.TrainedDetr(asked), exported=detr.Exported(asked))
    if start.weights is not None:
        take_over(found.network, start.weights)
    if start.prune:
        assert isinstance(found.network, sentry.Sentry)
        found = replace(found, pruned=prune(found.network, start.prune))
    return found


@torch.no_grad()
def take_over(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Weights of an older network; where it knew fewer words, its are the first of the new ones.

    Raises `ModelError` when it was another kind of network.
    """
    own = network.state_dict()
    for name, value in weights.items():
        if name not in own or own[name].shape[1:] != value.shape[1:]:
            raise ModelError(f"{name}: no weights of this kind of network")
        if value.shape == own[name].shape:
            own[name] = value
        elif len(value) < len(own[name]):
            own[name][: len(value)] = value
        else:
            raise ModelError(f"{name}: knows {len(value)} words, more than {len(own[name])}")
    network.load_state_dict(own)


def _yolox(words: int, start: Start) -> Learner:
    """What has learnt to see sees on as it does: only what answers learns."""
    network = YoloxNano(words)
    published = None
    if start.published is not None:
        published = begin_as_published(network, start.published, start.words)
    sees = start.published is not None or start.weights is not None
    for part in (network.trunk, network.pyramid):
        part.requires_grad_(not sees)
    return _of_cells(network, start, published)


def _of_cells(
    network: sentry.Sentry | YoloxNano, start: Start, published: Published | None = None
) -> Learner:
    return Learner(
        network=network,
        model=TrainedSentry(network, soft=start.soft),
        exported=sentry.Exported(network),
        published=published,
    )


def _sentry(words: int, weights: Mapping[str, Tensor] | None) -> sentry.Sentry:
    """As wide as an older one, which may have been pruned."""
    if weights is None or not all(name in weights for name in WIDTHS):
        return sentry.Sentry(words)
    *channels, pyramid = (len(weights[name]) for name in WIDTHS)
    return sentry.Sentry(words, channels=channels, pyramid=pyramid)


def _published() -> str:
    return ", ".join(name for name in NETWORKS if name != SENTRY)
