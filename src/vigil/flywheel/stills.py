"""Stills of one camera at different moments, from a source, a file, or pictures."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from vigil.core import Corners, Frame, Image, Packet, Source, SourceLost
from vigil.media.decoding import Decoder
from vigil.media.footage import MaskedPixels

T = TypeVar("T")
WIDTH = 640
"""Pixels: embedders and views take less."""
FEWEST = 3
"""Stills of which a median still shows the background, rather than one of them."""


def stills_of(
    source: Source,
    *,
    masks: Sequence[Corners] = (),
    count: int = 9,
    every_s: float = 2.0,
    within_s: float = 60.0,
) -> list[Image]:
    """RGB pictures of `count` moments, black where `masks` are; at least one.

    Of a file: spread over all of it. Of a live camera: key frames `every_s` apart, as many as come
    `within_s`. Raises `SourceError`; `SourceLost` when no picture came.
    """
    # A camera never gives up by itself, nor does a file that begins again at its end.
    patience = threading.Timer(within_s, source.close)
    patience.daemon = True
    patience.start()
    try:
        frames = _live(source, count, every_s) if source.live else _spread(source, count)
    finally:
        patience.cancel()
        source.close()
    if not frames:
        said = getattr(source, "last_error", None)
        raise SourceLost(f"{source.name}: no picture came" + (f" ({said})" if said else ""))
    return [_drawn(frame, masks) for frame in frames]


def background_of(stills: Sequence[Image]) -> Image:
    """What lasts: the median of the stills, so that whoever walks through is gone.

    Of fewer than three, or of stills of several sizes, the first.
    """
    if len(stills) < FEWEST or len({still.shape for still in stills}) > 1:
        return stills[0]
    return np.asarray(np.median(np.stack(stills), axis=0), np.uint8)


def _live(source: Source, count: int, every_s: float) -> list[Frame]:
    found: list[Frame] = []
    due_s = float("-inf")
    for decoder, key in _keys(source):
        frame = decoder.decode_alone(key) if key.time_s >= due_s else None
        if frame is not None:
            found.append(frame)
            due_s = key.time_s + every_s
        if len(found) == count:
            break
    return found


def _spread(source: Source, count: int) -> list[Frame]:
    """Of the key frames, evenly; of all frames, where there are too few of those."""
    kept: list[tuple[Decoder, Packet]] = []
    step = 1
    for number, pair in enumerate(_keys(source)):
        if number % step:
            continue
        kept.append(pair)
        if len(kept) == 4 * count:  # thinned while it goes, so that a day takes no more memory
            kept, step = kept[::2], 2 * step
    if len(kept) < count:
        return _of_all(source, count)
    frames = [decoder.decode_alone(key) for decoder, key in _evenly(kept, count)]
    return [frame for frame in frames if frame is not None]


def _of_all(source: Source, count: int) -> list[Frame]:
    kept: list[Frame] = []
    step = 1
    for number, frame in enumerate(_frames(source)):
        if number % step:
            continue
        kept.append(frame)
        if len(kept) == 4 * count:
            kept, step = kept[::2], 2 * step
    return _evenly(kept, count)


def _frames(source: Source) -> Iterator[Frame]:
    decoder: Decoder | None = None
    encoding: object = None
    for packet in source.packets():
        if packet.encoding.kind != "video":
            continue
        if decoder is None or packet.encoding is not encoding:
            decoder, encoding = Decoder(packet.encoding, fast=False), packet.encoding
        yield from decoder.decode(packet)
    if decoder is not None:
        yield from decoder.flush()


def _keys(source: Source) -> Iterator[tuple[Decoder, Packet]]:
    decoder: Decoder | None = None
    encoding: object = None
    for packet in source.packets():
        if packet.encoding.kind != "video" or not packet.key:
            continue
        if decoder is None or packet.encoding is not encoding:
            decoder, encoding = Decoder(packet.encoding, fast=False), packet.encoding
        yield decoder, packet


def _evenly(found: list[T], count: int) -> list[T]:
    """So many of them, the middles of equal stretches."""
    if len(found) <= count:
        return found
    return [found[int((number + 0.5) * len(found) / count)] for number in range(count)]


def _drawn(frame: Frame, masks: Sequence[Corners]) -> Image:
    if masks:
        pixels = MaskedPixels(frame.pixels, masks, (frame.width, frame.height))
        frame = replace(frame, pixels=pixels)
    return frame.rgb(min(WIDTH, frame.width))
