"""Steps wait on the disk, and a crash tears off no more than the last one."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_values import a_step, an_event, put_clip

from vigil.core import DiskFull, StepKind
from vigil.store import Recorded, Spill


def three(folder: Path) -> list[Recorded]:
    clip = put_clip(folder, "one", start_s=0.0)
    return [
        (a_step(an_event()), clip),
        (a_step(an_event(source="大门\n")), None),
        (a_step(an_event(), StepKind.END, 3), None),
    ]


def test_what_waits_is_read_in_order_by_another_process(tmp_path: Path) -> None:
    steps = three(tmp_path)
    Spill(tmp_path / "spill").append(steps[:1])
    Spill(tmp_path / "spill").append(steps[1:])
    assert list(Spill(tmp_path / "spill").read()) == steps


def test_nothing_waits_before_and_after(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "spill")
    assert not spill
    assert list(spill.read()) == []
    spill.append(three(tmp_path))
    assert spill
    spill.clear()
    assert not spill
    assert list(spill.read()) == []


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_wherever_a_crash_tears_the_file_whole_lines_survive(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    steps = three(folder)
    spill, file = Spill(folder), folder / "steps.jsonl"
    spill.append(steps)
    whole = file.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    torn_off = data.draw(st.sampled_from([b"", b"\0" * 7, b"\xff\xfe"]))
    file.write_bytes(whole[:cut] + torn_off)
    kept = [step for step, end in zip(steps, _ends(whole), strict=True) if end < cut]
    assert list(spill.read())[: len(kept)] == kept
    spill.append(steps[:1])
    assert list(spill.read())[-1] == steps[0]
    assert list(spill.read())[: len(kept)] == kept


def _ends(whole: bytes) -> list[int]:
    return [index for index, byte in enumerate(whole) if byte == ord("\n")]


def test_lines_that_are_no_steps_are_passed_over(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    lines = [b"[]", b"{}", b'{"step": 5, "clip": null}', b'{"step": {"type": "odd"}, "clip": null}']
    (tmp_path / "steps.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    assert list(spill.read()) == []
    assert json.loads(lines[2])["step"] == 5


def test_a_full_disk_keeps_what_was_there_and_nothing_of_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spill, steps = Spill(tmp_path), three(tmp_path)
    spill.append(steps[:1])
    before = (tmp_path / "steps.jsonl").read_bytes()
    real_write = os.write

    def half(handle: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", _refuse)
        return real_write(handle, bytes(data)[:20])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(DiskFull, match=r"cannot keep steps in .*: No space left"):
        spill.append(steps[1:])
    assert (tmp_path / "steps.jsonl").read_bytes() == before


def _refuse(_handle: int, _data: bytes) -> int:
    raise OSError(28, "No space left on device")
