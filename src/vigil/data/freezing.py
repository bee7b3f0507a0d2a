"""Frozen data sets: their version is their content, and no split crosses a camera or a video."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vigil.core import DataError, Labeler, Labelled
from vigil.core.durable import put_in_place
from vigil.data.rows import from_line, to_line

HOLDOUT = "holdout"
"""What people alone have labelled; it never trains."""
SHARES: Mapping[str, float] = {"train": 0.7, "val": 0.15, HOLDOUT: 0.15}


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A frozen data set."""

    path: Path
    version: str
    """SHA-256 of its lines, whatever their order."""
    counts: Mapping[str, int]
    """Pictures and videos of each split."""

    def things(self, split: str | None = None) -> Iterator[Labelled]:
        """What is in it, or in one split. Raises `DataError` at a line that is none."""
        with self.path.open(encoding="utf-8") as file:
            for count, line in enumerate(file, start=1):
                thing = from_line(line, f"{self.path}:{count}")
                if split is None or thing.split == split:
                    yield thing


def freeze(
    things: Iterable[Labelled],
    folder: Path,
    *,
    shares: Mapping[str, float] = SHARES,
    salt: str = "",
    keep_splits: bool = False,
) -> Frozen:
    """Write down what is known now; the same content has the same version and the same splits.

    A group falls to a split by the hash of its name and `salt`, so that it stays there when the
    data set grows. In the hold-out only what people labelled stays; the rest of its groups is
    left out altogether, since they must not train either. A picture without labels shows that
    nothing is there. `keep_splits`: those that came with the things. Raises `DataError` when
    nothing is labelled, or when a split crosses a group.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = folder / ".being-frozen.jsonl"
    digests, counts, labelled = [], Counter[str](), 0
    groups: dict[str, str] = {}
    try:
        with beside.open("w", encoding="utf-8") as file:
            for thing in things:
                split = thing.split if keep_splits else split_of(thing, shares, salt)
                if split == HOLDOUT and not _by_people(thing):
                    continue
                labelled += bool(thing.labels)
                _check(groups, thing, split)
                line = to_line(replace(thing, split=split))
                digests.append(hashlib.sha256(line.encode()).digest())
                counts[split] += 1
                file.write(f"{line}\n")
        if not labelled:
            raise DataError(f"{folder}: nothing is labelled, so there is nothing to freeze")
        version = hashlib.sha256(b"".join(sorted(digests))).hexdigest()
        path = folder / f"{version[:16]}.jsonl"
        put_in_place(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return Frozen(path=path, version=version, counts=dict(counts))


def opened(folder: Path, version: str) -> Frozen:
    """A frozen data set by the first letters of its version.

    Raises `DataError` when there is none, or several, or when its content is not what it was.
    """
    frozen = sorted(folder.glob("*.jsonl"))
    found = [path for path in frozen if version and path.stem.startswith(version[:16])]
    if len(found) != 1:
        versions = ", ".join(path.stem for path in frozen) or "none"
        what = "no data set" if not found else "several data sets"
        raise DataError(f"{folder}: {what} {version!r}; there are: {versions}")
    counts, digests = Counter[str](), []
    with found[0].open(encoding="utf-8") as file:
        for count, line in enumerate(file, start=1):
            thing = from_line(line, f"{found[0]}:{count}")
            counts[thing.split] += 1
            digests.append(hashlib.sha256(line.rstrip("\n").encode()).digest())
    whole = hashlib.sha256(b"".join(sorted(digests))).hexdigest()
    if not whole.startswith(found[0].stem):
        raise DataError(f"{found[0]}: its content is not what was frozen")
    return Frozen(path=found[0], version=whole, counts=dict(counts))


def split_of(thing: Labelled, shares: Mapping[str, float] = SHARES, salt: str = "") -> str:
    """Where a thing's group belongs, by a hash: even over groups, and for ever."""
    group = thing.medium.group or thing.medium.sha256 or thing.medium.path
    digest = hashlib.sha256(f"{salt}\n{group}".encode()).digest()
    place = int.from_bytes(digest[:8]) / 2**64 * sum(shares.values())
    for split, share in shares.items():
        place -= share
        if place < 0:
            return split
    return list(shares)[-1]


def _by_people(thing: Labelled) -> bool:
    people = [label.origin.labeler is Labeler.HUMAN for label in thing.labels]
    return bool(people) and all(people)


def _check(groups: dict[str, str], thing: Labelled, split: str) -> None:
    group = thing.medium.group
    if group and groups.setdefault(group, split) != split:
        raise DataError(
            f"{group}: in the splits {groups[group]!r} and {split!r}; what one camera or video "
            "shows belongs to one split"
        )
