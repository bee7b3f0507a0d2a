"""The file of a run that is worth most: as it was learnt, with fewer channels, for other engines.

Each is measured as the file that it is, on clips of `val`. What is not faster, or is less often
right, is left out, and a line says so.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vigil.core import ConfigError, ModelCard, VigilError
from vigil.train.video import for_openvino
from vigil.train.video.asking import Asked
from vigil.train.video.clips import ClipSet, VideoClip
from vigil.train.video.compressing import CALIBRATED, Worth, in_eight_bits, worth
from vigil.train.video.exporting import export_run, need_one_file, pictures_of
from vigil.train.video.learning import Heard, refit
from vigil.train.video.pruning import prune
from vigil.train.video.shelf import Shelf
from vigil.train.video.shipping import Pictures

COSTS = 0.01
"""Of accuracy: what a faster file may cost."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What file somebody wants of a run."""

    licence: str
    """Of the weights."""
    stream: bool = False
    """Picture by picture."""
    int8: bool = False
    """In eight bits."""
    openvino: bool = False
    """For OpenVINO, too: a file that nothing else opens."""
    share: float | None = None
    """Of the channels inside of blocks that are taken out; None: all stay."""
    epochs: int = 3
    """In which a network learns to do without them."""


@dataclass(frozen=True, kw_only=True)
class Released:
    """The file that is kept, and what was tried."""

    card: ModelCard
    """With what each file that was tried reaches and costs."""
    path: Path
    changed: bool
    """Whether it is another network than the run judged."""
    told: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Tried:
    name: str
    card: ModelCard
    folder: Path
    worth: Worth


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How another file is made of one in full."""

    name: str
    said: str
    make: Callable[[ModelCard, Path, Sequence[Pictures]], ModelCard]


def release(
    asked: Asked,
    found: ClipSet,
    shelf: Shelf,
    folder: Path,
    wanted: Wanted,
    *,
    heard: Heard,
) -> Released:
    """Write files into `folder` and measure them. The network of `asked` is used up by it.

    Raises `ConfigError` for what no file can say or nobody can thin, `ModelError` when a file
    answers otherwise than its network.
    """
    need_one_file(asked)
    if wanted.openvino:
        for_openvino.need_openvino()
    thin, removed = (asked, 0.0) if wanted.share is None else _thinned(asked, wanted.share)
    judged = found.of("val")
    exam = _Exam(asked, judged, shelf)

    def tried(name: str, network: Asked, beside: Path) -> _Tried:
        card = export_run(
            network, judged, shelf, beside, licence=wanted.licence, stream=wanted.stream
        )
        return _Tried(name=name, card=card, folder=beside, worth=exam.of(card, beside))

    whole = best = tried("full", asked, folder)
    files, told = [whole], [f"as it was learnt: {exam.said(whole)}"]
    if thin is not asked:
        refit(thin, found, shelf, folder / "fit", epochs=wanted.epochs, heard=heard)
        beside = folder / "thin"
        beside.mkdir()
        fewer = tried("thin", thin, beside)
        files.append(fewer)
        best, line = exam.better(fewer, best)
        told.append(f"{removed:.0%} of the parameters out: {line}")
    ways = list(_ways(wanted))
    learnt = found.of("train") if ways else []
    spread = learnt[:: max(1, len(learnt) // CALIBRATED)][:CALIBRATED]
    shown = [pictures_of(asked, each, shelf) for each in spread]
    floats = best
    for way in ways:
        try:
            card = way.make(floats.card, floats.folder, shown)
            reached = exam.of(card, floats.folder)
        except (VigilError, RuntimeError, ValueError) as error:
            told.append(f"{way.said}: not kept, {' '.join(str(error).split())[:160]}")
            continue
        files.append(_Tried(name=way.name, card=card, folder=floats.folder, worth=reached))
        best, line = exam.better(files[-1], best)
        told.append(f"{way.said}: {line}")
    return Released(
        card=_with_figures(best, files),
        path=best.folder / best.card.file,
        changed=floats is not whole or best.name not in {whole.name, "openvino"},
        told=tuple(told),
    )


def _ways(wanted: Wanted) -> Iterator[_Way]:
    if wanted.int8:
        yield _Way(name="int8", said="in eight bits", make=in_eight_bits)
    if wanted.openvino:
        yield _Way(name="openvino", said="by OpenVINO", make=for_openvino.in_full)
    if wanted.openvino and wanted.int8:
        said = "in eight bits by OpenVINO"
        yield _Way(name="openvino-int8", said=said, make=for_openvino.in_eight_bits)


def why_not(other: Worth, before: Worth) -> str:
    """Why a file is not kept; empty where it is."""
    if other.milliseconds >= before.milliseconds:
        return "not faster"
    return "" if other.accuracy >= before.accuracy - COSTS else f"costs more than {COSTS:.0%}"


class _Exam:
    """The clips by which files are measured, as files take them."""

    def __init__(self, asked: Asked, clips: Sequence[VideoClip], shelf: Shelf) -> None:
        self._pictures: list[Pictures] = [pictures_of(asked, clip, shelf) for clip in clips]
        self._words = asked.truths.marks(clips).tolist()

    def of(self, card: ModelCard, folder: Path) -> Worth:
        return worth(card, folder, self._pictures, self._words)

    def said(self, tried: _Tried) -> str:
        clip = tried.card.clip
        answer = "picture" if clip is not None and clip.states else "clip"
        found = tried.worth
        return (
            f"{found.milliseconds:.1f} ms a {answer}, {found.megabytes:.1f} MB, "
            f"right {found.accuracy:.1%} of {len(self._words)} clips of val"
        )

    def better(self, other: _Tried, before: _Tried) -> tuple[_Tried, str]:
        """Whichever is worth more, and what is told of the other file."""
        gain = before.worth.milliseconds / other.worth.milliseconds
        reason = why_not(other.worth, before.worth)
        kept = f"not kept, {reason}" if reason else "kept"
        line = f"{self.said(other)}, {gain:.2f} times as fast: {kept}"
        return (before if reason else other), line


def _thinned(asked: Asked, share: float) -> tuple[Asked, float]:
    """A copy with fewer channels, and the share of the parameters that went with them."""
    mode = asked.way.settings.mode
    if mode != "full":
        raise ConfigError(f"--prune: a run with the mode {mode}; allowed: full")
    thin = copy.deepcopy(asked)
    before, after = prune(thin.network, share)
    return thin, 1 - after / before


def _with_figures(best: _Tried, files: Sequence[_Tried]) -> ModelCard:
    """The card of the best, with the figures of each, too, where there are several."""
    named = {"": best} | ({f"/{each.name}": each for each in files} if files[1:] else {})
    return replace(
        best.card,
        metrics={f"accuracy{at}": round(each.worth.accuracy, 4) for at, each in named.items()},
        latency_ms={f"cpu{at}": round(each.worth.milliseconds, 2) for at, each in named.items()},
    )
