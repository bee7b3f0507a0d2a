"""A data set as clips: what is learnt from, and what is judged by."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vigil.core import DataError

SHARES: Mapping[str, float] = {"test": 0.15, "val": 0.15}
"""Of the groups of each word, where a data set has no splits of its own; the rest is learnt."""
SPLITS = {"train": "train", "val": "val", "valid": "val", "test": "test", "holdout": "test"}


@dataclass(frozen=True, kw_only=True)
class When:
    """A word of a part of a clip."""

    word: str
    start_s: float
    """Seconds of the file."""
    end_s: float


@dataclass(frozen=True, kw_only=True)
class VideoClip:
    """A stretch of a film, and what is said about it."""

    path: Path
    start_s: float = 0.0
    """Seconds of the file."""
    end_s: float | None = None
    """None: its end."""
    words: tuple[str, ...] = ()
    """What is said of it as a whole; where numbers are learnt, they stand here as they came."""
    parts: tuple[When, ...] = ()
    group: str = ""
    """The camera or film that it was cut from: splits never cross one. Empty: a film of its own."""
    split: str = ""
    """`train`, `val` or `test`; empty: none yet."""

    @property
    def name(self) -> str:
        """For people: the file, and from where to where."""
        whole = self.start_s == 0 and self.end_s is None
        return self.path.name if whole else f"{self.path.name} {self.start_s:g}-{self.end_s:g} s"

    @property
    def film(self) -> str:
        """What must not be on two sides."""
        return self.group or str(self.path)


@dataclass(frozen=True, kw_only=True)
class ClipSet:
    """Clips with their splits, and the words that occur."""

    clips: tuple[VideoClip, ...]
    labels: tuple[str, ...]
    source: str
    """Where it came from."""

    def of(self, split: str) -> list[VideoClip]:
        """The clips of one split."""
        return [clip for clip in self.clips if clip.split == split]

    def judged_by(self) -> str:
        """The split that nothing learnt from; without `test` it is `val`, which flatters."""
        return "test" if self.of("test") else "val"

    @property
    def version(self) -> str:
        """SHA-256 of what is in it, whatever the order."""
        lines = sorted(repr((clip.name, clip.words, clip.parts, clip.split)) for clip in self.clips)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def clip_set(clips: Iterable[VideoClip], source: str) -> ClipSet:
    """Give every clip a split, its own or a drawn one, and gather the words.

    Raises `DataError` when nothing is labelled, a split is none that is known, a split crosses a
    group, or nothing is left to learn or to judge by.
    """
    known = [clip for clip in clips if clip.words or clip.parts]
    if not known:
        raise DataError(f"{source}: no clip in it that somebody labelled")
    split = split_up(known, source)
    check_groups(split, source)
    labels = sorted(
        {word for clip in split for word in (*clip.words, *(part.word for part in clip.parts))}
    )
    found = ClipSet(clips=tuple(split), labels=tuple(labels), source=source)
    for name in ("train", "val"):
        if not found.of(name):
            raise DataError(f"{source}: no clip in the split {name!r}")
    return found


def split_up(clips: Sequence[VideoClip], source: str) -> list[VideoClip]:
    """Splits as they came; `val` is taken from `train` where there is none, all from nothing.

    Groups are drawn by a hash of their names, word by word, so that rare words are on all sides
    and a group stays where it is when others come.
    """
    for clip in clips:
        if clip.split and clip.split not in SPLITS:
            allowed = ", ".join(SPLITS)
            raise DataError(f"{source}: {clip.name}: split {clip.split!r}; allowed: {allowed}")
    given = [replace(clip, split=SPLITS.get(clip.split, "")) for clip in clips]
    there = {clip.split for clip in given} - {""}
    if "val" in there and "train" in there:
        return [clip for clip in given if clip.split]
    if "test" in there:
        # What a list left out stays out.
        learnt = [clip for clip in given if clip.split == "train"]
        judged = [clip for clip in given if clip.split == "test"]
        return drawn(learnt, {"val": SHARES["val"]}) + judged
    return drawn(given, SHARES)


def drawn(clips: Sequence[VideoClip], shares: Mapping[str, float]) -> list[VideoClip]:
    """The clips with splits of such shares, else `train`; three groups of a word are everywhere."""
    by_word: dict[str, list[str]] = {}
    for clip in clips:
        groups = by_word.setdefault(_word(clip), [])
        if not any(clip.film in each for each in by_word.values()):
            groups.append(clip.film)
    splits: dict[str, str] = {}
    for groups in by_word.values():
        waiting = sorted(groups, key=lambda film: hashlib.sha256(film.encode()).digest())
        total, spare = len(waiting), len(waiting) - 1
        for split, share in shares.items():
            count = min(max(round(share * total), 1 if total > len(shares) else 0), spare)
            splits |= dict.fromkeys(waiting[:count], split)
            waiting, spare = waiting[count:], spare - count
    return [replace(clip, split=splits.get(clip.film, "train")) for clip in clips]


def _word(clip: VideoClip) -> str:
    words = clip.words or tuple(part.word for part in clip.parts)
    return words[0] if words and not _is_number(words[0]) else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_groups(clips: Iterable[VideoClip], source: str) -> None:
    """Raises `DataError` when a group is in two splits."""
    sides: dict[str, str] = {}
    for clip in clips:
        side = sides.setdefault(clip.film, clip.split)
        if side != clip.split:
            raise DataError(
                f"{source}: {clip.film} is in the splits {side!r} and {clip.split!r}; what one "
                "camera or film shows belongs to one split"
            )
