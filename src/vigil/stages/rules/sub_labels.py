"""Which readings of a track a rule asks for: a red car, a plate that is not on the list."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from vigil.core import Reading, Track
from vigil.stages.rules.settings import Labels

NOT = "!"
"""Before a word: any other."""


def _as_words(value: object) -> object:
    """YAML reads numbers and yes as such; plates are words."""
    if isinstance(value, str | int | float):
        return (str(value),)
    if isinstance(value, Sequence):
        return tuple(str(word) for word in value)
    return value


def _not_empty(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words or not all(word.removeprefix(NOT).strip() for word in words):
        raise ValueError("allowed: at least one word")
    return words


Patterns = Annotated[Labels, BeforeValidator(_as_words), AfterValidator(_not_empty)]
"""Words of a reader; `*` and `?` stand for any characters, `!` before a word for any other."""
SubLabels = Mapping[str, Patterns]
"""By the kind of reading."""


def fits(track: Track, asked: SubLabels) -> bool:
    """Whether the track's readings are as asked; what nobody has read yet is not."""
    if not asked:
        return True
    known = {reading.kind: reading for reading in track.readings}
    return all(
        (reading := known.get(kind)) is not None and matches(reading.word, words)
        for kind, words in asked.items()
    )


def matches(word: str, patterns: Iterable[str]) -> bool:
    """Whether a word is one of those named and none of those excluded; letters of any case."""
    plain = word.casefold()
    patterns = [pattern.casefold() for pattern in patterns]
    excluded = [pattern[len(NOT) :] for pattern in patterns if pattern.startswith(NOT)]
    named = [pattern for pattern in patterns if not pattern.startswith(NOT)]
    if any(fnmatchcase(plain, pattern) for pattern in excluded):
        return False
    return not named or any(fnmatchcase(plain, pattern) for pattern in named)


def of_tracks(tracks: Iterable[Track], ids: Iterable[int]) -> tuple[Reading, ...]:
    """What is known of the tracks of an event: of each kind each word once, the surest."""
    meant = set(ids)
    best: dict[tuple[str, str], Reading] = {}
    for track in tracks:
        if not track.readings or track.id not in meant:
            continue
        for reading in track.readings:
            key = (reading.kind, reading.word)
            if key not in best or reading.score > best[key].score:
                best[key] = reading
    return tuple(best.values())


def joined(known: tuple[Reading, ...], news: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """What was known, as it is known now; a kind that was read anew replaces what it said."""
    if not news:
        return known
    anew = {reading.kind for reading in news}
    return (*(reading for reading in known if reading.kind not in anew), *news)
