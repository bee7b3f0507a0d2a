"""Ways in which data sets of clips lie on a disk: folders, lists, UCF101, HMDB51, our own."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from vigil.core import DataError, Label, Labelled, Stretch
from vigil.data.formats import hmdb51, ucf101
from vigil.data.formats.actions import Clip, group_of
from vigil.data.formats.parts import VIDEOS, Files, files_below
from vigil.data.freezing import Frozen
from vigil.train.video.clips import SPLITS, VideoClip, When

FOLDS = ("1", "2", "3")
COLUMNS = ("path", "label", "start", "end", "group", "split")
WHERE = (
    "UCF101: https://www.crcv.ucf.edu/data/UCF101.php (UCF101.rar, 6.5 GB, and "
    "UCF101TrainTestSplits-RecognitionTask.zip). HMDB51: https://serre.lab.brown.edu/"
    "hmdb51.html (hmdb51_org.rar, 2 GB, and test_train_splits.rar). Unpack the clips into "
    "folders of their words and the lists beside them; both are for research only."
)


def read_clips(place: Path, *, fold: str = "1", labelled: bool = True) -> list[VideoClip]:
    """The clips of a list (.csv, or .txt with `path label` a line) or of a folder.

    A folder with `classInd.txt` is UCF101, one with `WORD_test_split1.txt` HMDB51, others have a
    folder a word, perhaps within folders `train`, `val` and `test`. `fold`: which of the three
    splits of UCF101 or HMDB51. `labelled`: whether clips without a word are of no use; where they
    are, a list needs no labels and a folder may hold films. No clip is opened. Raises `DataError`.
    """
    if fold not in FOLDS:
        raise DataError(f"fold: {fold!r}; allowed: {', '.join(FOLDS)}")
    try:
        if place.is_file():
            return list(
                _from_csv(place, labelled) if place.suffix == ".csv" else _from_lines(place)
            )
        if not place.is_dir():
            raise DataError(f"{place}: not there. {WHERE}")
        if ucf101.is_here(place):
            return [_of_list(place, clip) for clip in ucf101.clips(place, f"0{fold}")]
        if hmdb51.is_here(place):
            listed = hmdb51.clips(place, fold)
            return [_of_list(place, clip) for clip in listed if clip.split]
        if not labelled and any(each.suffix.lower() in VIDEOS for each in place.iterdir()):
            films = files_below(place, VIDEOS)
            return [VideoClip(path=film, group=group_of(film.stem)) for film in films]
        return list(_from_folders(place))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{place}: cannot be read: {error}") from error


def frozen_clips(frozen: Frozen, root: Path, *, labelled: bool = True) -> Iterator[VideoClip]:
    """The films of a frozen data set of ours; labels of frames count from 0, at its rate.

    Words of whole films, and stretches with a word; a film without any is left out if `labelled`.
    """
    files = Files(root=root, carry="leave")
    for thing in frozen.things():
        if thing.medium.is_video and (thing.labels or not labelled):
            yield VideoClip(
                path=files.at(thing.medium),
                words=tuple(dict.fromkeys(each.word for each in thing.labels if not each.shape)),
                parts=tuple(_stretches(thing)),
                group=thing.medium.group or thing.medium.sha256,
                split=thing.split,
            )


def whole_stretches(clips: Iterable[VideoClip]) -> Iterator[VideoClip]:
    """Each labelled stretch as a clip of its own, for networks that say one word a clip."""
    for clip in clips:
        if clip.words:
            yield clip
            continue
        for part in clip.parts:
            yield VideoClip(
                path=clip.path, start_s=part.start_s, end_s=part.end_s, words=(part.word,),
                group=clip.film, split=clip.split,
            )  # fmt: skip


def as_parts(clips: Iterable[VideoClip]) -> list[VideoClip]:
    """Each film once, its stretches as parts, for networks that say when a word holds."""
    films: dict[Path, VideoClip] = {}
    for clip in clips:
        film = films.get(clip.path) or replace(clip, start_s=0.0, end_s=None, words=(), parts=())
        parts = clip.parts
        if clip.end_s is not None:
            parts = tuple(
                When(word=word, start_s=clip.start_s, end_s=clip.end_s) for word in clip.words
            )
        words = film.words if clip.end_s is not None else (*film.words, *clip.words)
        films[clip.path] = replace(film, words=words, parts=(*film.parts, *parts))
    return list(films.values())


def _stretches(thing: Labelled) -> Iterator[When]:
    rate = thing.medium.rate or 25.0
    for label in thing.labels:
        match label:
            case Label(word=word, shape=Stretch(first=first, last=last)):
                yield When(word=word, start_s=first / rate, end_s=(last + 1) / rate)


def _of_list(root: Path, clip: Clip) -> VideoClip:
    stem = Path(clip.path).stem
    # HMDB51 calls a clip FILM_WORD_…; its published splits part films word by word only.
    film, found, _ = stem.partition(f"_{clip.word}_")
    group = group_of(stem) or (f"{clip.word}/{film}/{clip.split}" if found else "")
    return VideoClip(
        path=_below(root, clip.path), words=(clip.word,), group=group, split=clip.split
    )


def _from_folders(place: Path) -> Iterator[VideoClip]:
    names = sorted(entry.name for entry in place.iterdir() if entry.is_dir())
    splits = [name for name in names if name in SPLITS]
    none = True
    for split in splits or [""]:
        for word in sorted(entry for entry in (place / split).iterdir() if entry.is_dir()):
            for file in files_below(word, VIDEOS):
                none = False
                yield VideoClip(
                    path=file, words=(word.name,), group=group_of(file.stem), split=split
                )
    if none:
        raise DataError(f"{place}: no folder a word with films in it, and no list. {WHERE}")


def _from_csv(file: Path, labelled: bool) -> Iterator[VideoClip]:
    """Columns `path,label[,start,end,group,split]`; several words or numbers of a clip with `;`.

    Lines of one file and split with `start` and `end` are clips of their own.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        columns = tuple(table.fieldnames or ())
        unknown = [name for name in columns if name not in COLUMNS]
        if unknown or "path" not in columns or (labelled and "label" not in columns):
            raise DataError(
                f"{file}: columns {', '.join(columns) or 'none'}; allowed: {', '.join(COLUMNS)}, "
                f"of which {'path and label are' if labelled else 'path is'} needed"
            )
        for number, row in enumerate(table, start=2):
            where = f"{file}:{number}"
            start_s, end_s = _seconds(row, "start", where), _seconds(row, "end", where)
            if end_s is not None and end_s <= (start_s or 0.0):
                raise DataError(f"{where}: ends at {end_s:g} s; allowed: after its start")
            yield VideoClip(
                path=_below(file.parent, row["path"] or "", where),
                start_s=start_s or 0.0,
                end_s=end_s,
                words=tuple(word.strip() for word in (row.get("label") or "").split(";") if word),
                group=row.get("group") or str(row["path"]),
                split=row.get("split") or "",
            )


def _from_lines(file: Path) -> Iterator[VideoClip]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            path, _, word = line.strip().rpartition(" ")
            if not path:
                raise DataError(f"{file}:{number}: found {line!r}; allowed: `path label`")
            yield VideoClip(path=_below(file.parent, path), words=(word,))


def _seconds(row: dict[str, str], column: str, where: str) -> float | None:
    text = row.get(column) or ""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise DataError(f"{where}: {column} {text!r}; allowed: seconds, 0 or more")
    return value


def _below(root: Path, path: str, where: str = "") -> Path:
    if not path.strip():
        raise DataError(f"{where or root}: a line without a path")
    return root / path
