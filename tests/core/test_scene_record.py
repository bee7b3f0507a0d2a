"""Scenes as bytes: whatever a scene holds comes back, and what was cut short takes nothing else."""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, NamedTuple, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Health, Scene, Signals, StaticBlob, Track
from vigil.core.plain import plain, schema_of
from vigil.core.scene_record import HEAD, SCHEMA, ChunkWriter, read_chunks, settled

NOON_S = 1_750_000_000.0


def values(hint: Any, name: str = "") -> st.SearchStrategy[Any]:  # noqa: PLR0911
    """Any value of a type, fields added later included."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "_fields")):
        hints = typing.get_type_hints(hint)
        names = [one.name for one in fields(hint)] if is_dataclass(hint) else hint._fields
        return st.builds(hint, **{one: values(hints[one], one) for one in names})
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(values(one, name) for one in inner))
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(values(inner[0], name), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values(one, name) for one in inner))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(*(values(one) for one in inner), max_size=3)
    if origin is Literal:
        return st.sampled_from(inner)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        float: st.floats(NOON_S, NOON_S + 1e6) if name.endswith("_s") else st.floats(-5e3, 5e3),
        int: st.integers(-9, 10**9),
        str: st.text(max_size=5),
        bool: st.booleans(),
        type(None): st.none(),
    }
    return simple[hint]


scenes = values(Scene).map(
    lambda scene: replace(
        scene, source="gate", tracks=tuple({track.id: track for track in scene.tracks}.values())
    )
)


@settings(max_examples=60, deadline=None)
@given(st.lists(scenes, max_size=6))
def test_whatever_scenes_hold_comes_back_as_it_was_judged(told: list[Scene]) -> None:
    judged = [settled(scene) for scene in told]
    writer = ChunkWriter("gate", "s")
    for scene in told:
        writer.add(scene)
    assert len(writer) == len(told)
    (chunk,) = read_chunks(writer.chunk())
    assert (chunk.source, chunk.session) == ("gate", "s")
    assert list(chunk.scenes) == judged
    assert [settled(scene) for scene in judged] == judged


@settings(max_examples=60, deadline=None)
@given(scenes)
def test_settling_moves_nothing_by_more_than_a_sixteenth_of_a_pixel(scene: Scene) -> None:
    for before, after in zip(scene.tracks, settled(scene).tracks, strict=True):
        assert max(abs(a - b) for a, b in zip(before.box, after.box, strict=True)) <= 1 / 32
        assert abs(before.last_seen_s - after.last_seen_s) <= 1e-6


def walk(count: int) -> list[Scene]:
    return [
        Scene(
            source="gate",
            time_s=NOON_S + n / 2,
            width=1280,
            height=720,
            tracks=(
                Track(
                    1,
                    "person",
                    Box(10.0 + n, 20, 60.0 + n, 200),
                    0.5,
                    NOON_S,
                    NOON_S + n / 2,
                    n + 1,
                ),
            ),
            signals=Signals(
                static_blobs=(StaticBlob(id=1, box=Box(1, 2, 3, 4), since_s=NOON_S),),
                brightness=9.5,
            ),
            health=Health(),
            looked=True,
            cards=("small@1",),
        )
        for n in range(count)
    ]


def chunk_of(told: list[Scene], session: str = "s") -> bytes:
    writer = ChunkWriter("gate", session)
    for scene in told:
        writer.add(scene)
    return writer.chunk()


def test_what_does_not_change_costs_nothing() -> None:
    scene = walk(1)[0]
    still = [replace(scene, time_s=NOON_S + n) for n in range(1000)]
    assert len(chunk_of(still)) < len(chunk_of(still[:1])) + 6000


@pytest.mark.parametrize("cut", [1, 5, HEAD.size, HEAD.size + 40])
def test_a_chunk_cut_short_by_a_crash_is_passed_over(cut: int) -> None:
    first, torn, after = chunk_of(walk(4)), chunk_of(walk(8))[:-cut], chunk_of(walk(2), "later")
    assert [len(chunk.scenes) for chunk in read_chunks(first + torn)] == [4]
    # A new watch appends to the same file.
    assert [chunk.session for chunk in read_chunks(first + torn + after)] == ["s", "later"]


def test_a_damaged_byte_costs_its_chunk_only() -> None:
    first, second = bytearray(chunk_of(walk(4))), chunk_of(walk(3))
    first[HEAD.size + 20] ^= 0xFF
    assert [len(chunk.scenes) for chunk in read_chunks(bytes(first) + second)] == [3]


def test_a_later_version_is_named() -> None:
    chunk = bytearray(chunk_of(walk(1)))
    chunk[8] = 9
    with pytest.raises(ValueError, match="version 9; this Vigil reads version 1"):
        list(read_chunks(bytes(chunk)))


def test_two_tracks_with_one_id_are_refused() -> None:
    scene = walk(1)[0]
    with pytest.raises(ValueError, match="one id"):
        ChunkWriter("gate", "s").add(replace(scene, tracks=scene.tracks * 2))


class Old(NamedTuple):
    id: int
    gone: str
    size: float


class New(NamedTuple):
    id: int
    size: float
    word: str = "none"


def test_fields_that_came_later_have_their_defaults_and_those_that_went_are_dropped() -> None:
    written = plain(Old, schema_of(Old)).write(Old(1, "x", 2.5))
    as_then = {"New": schema_of(Old)["Old"]}
    assert plain(New, as_then).read(written) == New(1, 2.5, "none")
    with pytest.raises(ValueError, match="New was written without size"):
        plain(New, {"New": ["id"]})


def test_the_schema_names_every_class_of_a_scene() -> None:
    assert {"Scene", "Track", "Signals", "Health", "Box", "StaticBlob", "Reading"} <= set(SCHEMA)
