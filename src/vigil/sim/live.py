"""Rendered cameras that run in real time, for as many streams as a test wants."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vigil.core import Clock, Packet, SystemClock
from vigil.media.encode import Encoder, H264Options
from vigil.sim.camera import Camera
from vigil.sim.film import pictures
from vigil.sim.world import World


@dataclass(frozen=True, kw_only=True, eq=False)
class Loop:
    """An encoded film that starts again when it ends; many cameras may play one loop."""

    packets: tuple[Packet, ...]
    """The first is a key picture with parameter sets in band; times count from 0 s."""
    seconds: float

    def __post_init__(self) -> None:
        if not self.packets or not self.packets[0].key:
            raise ValueError("a loop must begin with a key picture")


def encode_loop(world: World, camera: Camera, *, options: H264Options | None = None) -> Loop:
    """Film and encode the whole world once, in memory."""
    chosen = replace(options or H264Options(live=True), repeat_headers=True)
    encoder = Encoder(
        source=camera.name,
        width=camera.width,
        height=camera.height,
        rate=camera.rate,
        options=chosen,
    )
    packets: list[Packet] = []
    for picture, truth in pictures(world, camera):
        packets += encoder.encode(picture, truth.time_s)
    packets += encoder.flush()
    return Loop(packets=tuple(packets), seconds=len(packets) / camera.rate)


def play(
    loop: Loop,
    *,
    source: str,
    start_at_s: float = 0.0,
    rounds: int | None = None,
    clock: Clock | None = None,
) -> Iterator[Packet]:
    """Packets of a live camera, each at its time; `pts` and times go on from round to round.

    A camera that joins `start_at_s` into the film begins at the key picture before; so cameras
    that share one loop need not show the same. `rounds` of None plays for ever. At `time_s` the
    world's clock shows `(time_s - first.time_s + first key's time) % loop.seconds`.
    """
    clock = clock or SystemClock()
    keys = [n for n, packet in enumerate(loop.packets) if packet.key]
    first = max((n for n in keys if loop.packets[n].time_s <= start_at_s), default=0)
    offset_s = loop.packets[first].time_s
    began_s, began_monotonic_s = clock.now_s(), clock.monotonic_s()
    done = 0
    while rounds is None or done < rounds:
        for packet in loop.packets[first if done == 0 else 0 :]:
            due_s = packet.time_s + done * loop.seconds - offset_s
            wait_s = began_monotonic_s + due_s - clock.monotonic_s()
            if wait_s > 0:
                clock.sleep(wait_s)
            yield _stamped(packet, source, done * loop.seconds, began_s + due_s)
        done += 1


def _stamped(packet: Packet, source: str, shift_s: float, time_s: float) -> Packet:
    ticks = round(shift_s / packet.encoding.time_base)
    return replace(
        packet,
        source=source,
        pts=None if packet.pts is None else packet.pts + ticks,
        dts=None if packet.dts is None else packet.dts + ticks,
        time_s=time_s,
        received_s=time_s,
    )
