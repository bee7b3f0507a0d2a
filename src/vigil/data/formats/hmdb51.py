"""HMDB51: folders of words, and `WORD_test_split1.txt`: 1 for training, 2 for test, 0 for neither.

Kuehne et al., 2011, "HMDB: a large video database for human motion recognition". Kept: one word of
each clip, `train`, `test` or neither in the first of the three splits. Lost: all else.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from vigil.core import DataError, Labelled
from vigil.data.formats.actions import Clip, clips_below, read_clips, written
from vigil.data.formats.parts import Files

NAME = "hmdb51"
SPLIT = "1"
"""The first of three."""
ENDING = f"_test_split{SPLIT}.txt"
SPLITS = {"0": "", "1": "train", "2": "test"}
NUMBERS = {"": 0, "train": 1, "test": 2, "val": 0}


def is_here(folder: Path) -> bool:
    """A folder with lists of that name."""
    return folder.is_dir() and next(_lists(folder), None) is not None


def read(folder: Path) -> Iterator[Labelled]:
    """The clips of each word."""
    yield from read_clips(folder, clips(folder))


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """Clips in folders of their words, and a list for each word."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = defaultdict(list)
    for clip in written(folder, things, files):
        name = clip.path.partition("/")[2]
        lines[clip.word].append(f"{name} {NUMBERS.get(clip.split, 0)} \n")
    for word, found in lines.items():
        (folder / f"{word}{ENDING}").write_text("".join(found), encoding="utf-8")


def _lists(folder: Path, ending: str = ENDING) -> Iterator[Path]:
    yield from sorted([*folder.glob(f"*{ending}"), *folder.glob(f"*/*{ending}")])


def clips(folder: Path, number: str = SPLIT) -> Iterator[Clip]:
    """What the lists of one of the splits say; no clip is opened. Raises `DataError`."""
    ending = f"_test_split{number}.txt"
    splits: dict[tuple[str, str], str] = {}
    words = []
    for file in _lists(folder, ending):
        word = file.name.removesuffix(ending)
        words.append(word)
        for count, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            name, _, flag = line.strip().rpartition(" ")
            if flag not in SPLITS or not name:
                raise DataError(f"{file}:{count}: `name.avi` and 0, 1 or 2 are expected")
            splits[word, name] = SPLITS[flag]
    for word, clip in clips_below(folder, words):
        name = clip.relative_to(folder / word).as_posix()
        yield Clip(path=f"{word}/{name}", word=word, split=splits.get((word, name), ""))
