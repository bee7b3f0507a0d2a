"""Films of rendered worlds: a video file with its truth beside it, or pictures as they come."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vigil.core import Image, Packet
from vigil.media.encode import Encoder, H264Options, VideoWriter
from vigil.media.mux import Muxer
from vigil.sim.camera import Camera
from vigil.sim.render import Renderer
from vigil.sim.truth import TrueEvent, Truth
from vigil.sim.world import World

IDLE_GROUPS = 8
"""So many groups of pictures of the empty view are encoded for a spliced film, each with noise of
its own; the stretches of a film in which nothing happens are put together from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A film on the disk."""

    path: Path
    truth: Path
    """JSON lines, one for each picture; read them with `read_truth`."""
    pictures: int


def pictures(world: World, camera: Camera) -> Iterator[tuple[Image, Truth]]:
    """Every picture of the world's time, in order, with its truth."""
    view = Renderer(world=world, camera=camera)
    for number in range(length(world, camera)):
        yield view.picture(number / camera.rate)


def length(world: World, camera: Camera) -> int:
    """How many pictures a film of the whole world has."""
    return round(world.seconds * camera.rate)


def write_film(
    path: Path, world: World, camera: Camera, *, options: H264Options | None = None
) -> Film:
    """Film the whole world; the truth goes beside the file, as `<name>.truth.jsonl`."""
    truths = []
    with VideoWriter(path, camera.width, camera.height, camera.rate, options=options) as writer:
        for picture, truth in pictures(world, camera):
            writer.write(picture)
            truths.append(truth)
    return _filed(path, truths)


def write_spliced_film(
    path: Path, world: World, camera: Camera, *, options: H264Options | None = None
) -> Film:
    """Like `write_film`, at a fraction of the cost where the world is mostly idle.

    Every group of pictures is encoded by itself; those without an actor are taken from a small
    stock with fresh noise each. What is lost: a rate control that looks beyond one group, and
    noise that never repeats. A disturbed view, and one with a burnt-in clock, is always filmed.
    """
    chosen = replace(options or H264Options(), repeat_headers=True)
    view = Renderer(world=world, camera=camera)
    total, group = length(world, camera), chosen.key_every
    random = np.random.default_rng([world.seed, camera.seed, 29])
    stock: dict[tuple[int, int], list[Packet]] = {}
    muxer: Muxer | None = None
    truths: list[Truth] = []
    for first in range(0, total, group):
        times = [number / camera.rate for number in range(first, min(first + group, total))]
        if _idle(world, camera, times):
            key = (int(random.integers(IDLE_GROUPS)), len(times))
            if key not in stock:
                stock[key] = _encoded(view, times, chosen)
            packets = _restamped(stock[key], times[0])
            truths += [view.truth(time_s) for time_s in times]
        else:
            packets = _encoded(view, times, chosen, truths)
        muxer = muxer or Muxer(path, packets[0].encoding, None)
        for packet in packets:
            muxer.write(packet)
    if muxer is not None:
        muxer.close()
    return _filed(path, truths)


def read_truth(path: Path) -> list[Truth]:
    """The truth beside a film, one for each picture."""
    truths = []
    for line in path.read_text().splitlines():
        row = json.loads(line)
        things = row["objects"]
        truths.append(
            Truth(
                time_s=row["time_s"],
                boxes=np.array([one["box"] for one in things], np.float32).reshape(-1, 4),
                ids=tuple(one["id"] for one in things),
                labels=tuple(one["label"] for one in things),
                visible=np.array([one["visible"] for one in things], np.float32),
            )
        )
    return truths


def write_truth(path: Path, truths: Iterable[Truth]) -> int:
    """Write truths as JSON lines; how many."""
    lines = [json.dumps(_row(number, truth)) for number, truth in enumerate(truths)]
    path.write_text("".join(f"{line}\n" for line in lines))
    return len(lines)


def write_events(path: Path, events: Iterable[TrueEvent]) -> None:
    """Write true events as JSON lines."""
    rows = [
        {
            "kind": event.kind,
            "start_s": round(event.start_s, 3),
            "end_s": round(event.end_s, 3),
            "ids": list(event.ids),
            "box": None if event.box is None else [round(v, 1) for v in event.box],
            "direction": event.direction,
        }
        for event in events
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def write_mot(path: Path, truths: Iterable[Truth], *, label: str = "person") -> None:
    """Write boxes of one label in the format of the MOT challenge (frames count from 1)."""
    with closing(path.open("w")) as file:
        for number, truth in enumerate(truths, start=1):
            for box, id_, word, visible in zip(
                truth.boxes.tolist(), truth.ids, truth.labels, truth.visible.tolist(), strict=True
            ):
                if word == label:
                    x1, y1, x2, y2 = box
                    size = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
                    file.write(f"{number},{id_},{size},1,1,{visible:.3f}\n")


def _idle(world: World, camera: Camera, times: list[float]) -> bool:
    """Whether nothing but noise tells these pictures from any others of the empty view."""
    return (
        not camera.stamp
        and not any(one.acts(time_s) for one in world.disturbances for time_s in times)
        and all(world.stance(actor, time_s) is None for actor in world.actors for time_s in times)
    )


def _encoded(
    view: Renderer, times: list[float], options: H264Options, truths: list[Truth] | None = None
) -> list[Packet]:
    camera = view.camera
    encoder = Encoder(
        source=camera.name,
        width=camera.width,
        height=camera.height,
        rate=camera.rate,
        options=options,
    )
    packets = []
    for time_s in times:
        picture, truth = view.picture(time_s)
        packets += encoder.encode(picture, time_s)
        if truths is not None:
            truths.append(truth)
    return packets + encoder.flush()


def _restamped(packets: list[Packet], start_s: float) -> list[Packet]:
    shift_s = start_s - packets[0].time_s
    return [replace(packet, time_s=packet.time_s + shift_s) for packet in packets]


def _filed(path: Path, truths: list[Truth]) -> Film:
    beside = path.with_name(f"{path.stem}.truth.jsonl")
    return Film(path=path, truth=beside, pictures=write_truth(beside, truths))


def _row(number: int, truth: Truth) -> dict[str, object]:
    return {
        "frame": number,
        "time_s": round(truth.time_s, 6),
        "objects": [
            {"id": id_, "label": label, "box": [round(v, 2) for v in box], "visible": round(v, 4)}
            for id_, label, box, v in zip(
                truth.ids, truth.labels, truth.boxes.tolist(), truth.visible.tolist(), strict=True
            )
        ],
    }
