"""Pieces of sound that belong together, as sounds."""

from typing import NamedTuple

from vigil.core import Sound

JOINED_S = 1.0
"""A pause of the same word that is shorter belongs to the sound."""
KEPT_S = 4.0
"""What ended longer ago is not told any more."""


class Piece(NamedTuple):
    """A word heard in one piece of the stream."""

    word: str
    start_s: float
    end_s: float
    score: float


class Diary:
    """What was heard lately, one sound for all pieces that follow each other."""

    def __init__(self) -> None:
        self._sounds: dict[str, list[Sound]] = {}

    def enter(self, piece: Piece) -> None:
        """Let a sound go on, or begin one. Pieces of a word come in order of time."""
        sounds = self._sounds.setdefault(piece.word, [])
        last = sounds[-1] if sounds else None
        if last is not None and piece.start_s - last.end_s <= JOINED_S:
            sounds[-1] = Sound(
                word=piece.word,
                start_s=last.start_s,
                end_s=max(last.end_s, piece.end_s),
                score=max(last.score, piece.score),
                hits=last.hits + 1,
            )
            return
        sounds.append(Sound(**piece._asdict()))

    def told(self, now_s: float) -> tuple[Sound, ...]:
        """What was heard within the last seconds, the oldest first; older things are forgotten."""
        for word, sounds in list(self._sounds.items()):
            kept = [sound for sound in sounds if now_s - sound.end_s <= KEPT_S]
            if kept:
                self._sounds[word] = kept
            else:
                del self._sounds[word]
        found = [sound for sounds in self._sounds.values() for sound in sounds]
        return tuple(sorted(found, key=lambda sound: (sound.start_s, sound.word)))
