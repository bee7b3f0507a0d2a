"""`vigil status`."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.train import toys
from tests.train.seeing import seeing

from vigil.config.home import open_home
from vigil.core import VigilError
from vigil.data.formats import Files
from vigil.data.freezing import freeze
from vigil.data.library import Library
from vigil.flywheel import fresh, last_look
from vigil.flywheel.last_look import LastLook
from vigil.infer.registry import Registry
from vigil.pipeline.status_file import read_status, remove_status, write_status

CAMERA = {
    "site": "default",
    "state": "watching",
    "reason": "",
    "rung": "keyframe",
    "received": 1234,
    "dropped": 5,
    "waiting": 0,
    "looks": 77,
    "tracks": 2,
}
CRASHED = "crashed its process 2 times; tried again in 9 s"
RECALL = {
    "stretches": 900,
    "audits": 60,
    "audits_missed": 1,
    "miss_rate": 0.01,
    "miss_rate_at_most": 0.04,
}
STATUS: dict[str, Any] = {
    "cameras": {
        "大门": CAMERA,
        "bad": {"site": "default", "state": "quarantined", "reason": CRASHED},
    },
    "sites": {"default": {"cameras": 2, "watching": 1, **RECALL}},
    "recall": RECALL,
    "processes": {"shard-1": {"pid": 1, "rss_bytes": 100 * 2**20, "cpu_s": 3.0}},
    "spares": {"spare-2": {"pid": 2, "rss_bytes": 50 * 2**20, "cpu_s": 1.0}},
    "events_recorded": 9,
    "steps_waiting": 0,
    "call": {
        "decisions": [
            {"outcome": "confirmed", "reason": "", "events": 3},
            {"outcome": "unverified", "reason": "deadline", "events": 1},
        ],
        "percentiles_s": {"total": {"p50": 1.25, "p95": 4.0, "p99": 9.0}},
        "brain": {"waiting": 2, "calls": {"answered": 5}, "shed": {"stale": 1}, "shared": 0},
        "alerts": {"desk": {"delivered": 4, "failures": 0, "given_up": 0}},
    },
    "lessons": 0,
    "shard_restarts": 2,
}


def test_nothing_running_is_a_failure_in_one_line(vigil: Any) -> None:
    assert vigil("status").failure.startswith("not running: no status in ")


def test_each_camera_is_a_line_with_the_reason_when_something_is_wrong(vigil: Any) -> None:
    write_status(open_home(), STATUS, time_s=time.time())
    found = vigil("status")
    assert found.code == 0
    assert found.lines[1].split() == ["大门", "watching", "keyframe", "1234", "5", "0", "77", "2"]
    assert found.lines[2].endswith(CRASHED)
    processes = "shards: 1, 100 MiB; spares: 1, 50 MiB"
    assert found.lines[3] == f"events recorded: 9; {processes}; restarts after a crash: 2"
    assert "misses 1.0%, at most 4.0%" in found.lines[4]


def test_an_algorithm_that_is_silent_stands_beside_its_camera(vigil: Any) -> None:
    yard = CAMERA | {"silent": {"flame": "no algorithm 'flame' that may be used"}}
    write_status(open_home(), STATUS | {"cameras": {"yard": yard}}, time_s=time.time())
    line = " ".join(vigil("status").lines[1].split())
    assert line.endswith("flame is silent: no algorithm 'flame' that may be used")


def test_it_says_how_events_were_decided(vigil: Any) -> None:
    write_status(open_home(), STATUS, time_s=time.time())
    lines = vigil("status").lines
    assert lines[-2:] == [
        "decided: 3 confirmed, 1 unverified (deadline); a verdict takes 1.2 s, 4.0 s (95 %)",
        "large model: 5 answered; waiting: 2; not asked: 1",
    ]


def test_it_says_which_alerts_were_given_up(vigil: Any) -> None:
    desk = {"delivered": 4, "failures": 7, "given_up": 2}
    sinks = {"desk": desk, "room": {"delivered": 9, "failures": 0, "given_up": 0}}
    call = STATUS["call"] | {"alerts": sinks}
    write_status(open_home(), STATUS | {"call": call}, time_s=time.time())
    lines = vigil("status").lines
    assert lines[-1] == "alerts given up: 2 to desk; see: vigil alerts dead"


def test_where_there_are_several_sites_each_is_told_apart(vigil: Any) -> None:
    cameras = {"大门": CAMERA, "ramp": CAMERA | {"site": "北院"}}
    fresh = {"cameras": 1, "watching": 1, **RECALL, "audits": 0}
    sites = {"default": {"cameras": 1, "watching": 0, **RECALL}, "北院": fresh}
    write_status(open_home(), STATUS | {"cameras": cameras, "sites": sites}, time_s=time.time())
    found = vigil("status").lines
    assert found[0].split()[:2] == ["site", "camera"]
    assert [line.split()[:2] for line in found[1:3]] == [["default", "大门"], ["北院", "ramp"]]
    assert found[4].startswith("default: 0 of 1 cameras watched; the gate let 900 stretches pass; ")
    assert found[5] == "北院: 1 of 1 cameras watched"


def test_programs_get_everything(vigil: Any) -> None:
    write_status(open_home(), STATUS, time_s=time.time())
    found = json.loads(vigil("status", "--json").out)
    assert {name: found[name] for name in STATUS} == STATUS
    assert found["pid"] == os.getpid()


def test_an_old_sign_of_life_is_not_believed(vigil: Any) -> None:
    write_status(open_home(), STATUS, time_s=time.time() - 60)
    assert vigil("status").failure == "not running well: the last sign of life is 60 s old"


def test_a_process_that_is_gone_is_told(vigil: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 2**22 + 1)
    write_status(open_home(), STATUS, time_s=time.time())
    assert vigil("status").failure.startswith("not running: it died 0 s ago in ")


def test_a_watch_that_ended_leaves_no_status() -> None:
    home = open_home()
    write_status(home, STATUS, time_s=0.0)
    remove_status(home)
    remove_status(home)
    with pytest.raises(VigilError, match="not running"):
        read_status(home, now_s=0.0)


def test_a_full_disk_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    write_status(open_home(), STATUS, time_s=0.0)


def test_a_model_for_which_people_have_labelled_enough_is_due(
    vigil: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "REVIEWED", 8)
    library = Library(home / "data" / "yard")
    known, more = tmp_path / "known", tmp_path / "more"
    library.add(toys.toys(known, 10), Files(root=known, carry="link"))
    frozen = freeze(library.things(), library.frozen)
    card = replace(toys.CARD, dataset=frozen.version)
    Registry(home / "models").add(seeing(tmp_path / "good.onnx", 1.0), card)
    write_status(open_home(), STATUS, time_s=time.time())
    assert "is due" not in vigil("status").out
    library.add(toys.toys(more, 16, seed=4), Files(root=more, carry="link"))
    line = vigil("status").lines[-1]
    assert line.startswith("toys@1 is due: people labelled ")
    assert line.endswith(" of yard since it was trained; see: vigil model due")
    library.frozen.joinpath(f"{frozen.version[:16]}.jsonl").write_text("no data set\n")
    assert vigil("status").lines[-1].startswith("models due: cannot be told: ")


def test_a_camera_that_drifts_is_told_as_of_the_last_look(
    vigil: Any, home: Path, tmp_path: Path
) -> None:
    card = replace(toys.CARD, dataset="")
    registry = Registry(home / "models")
    registry.add(seeing(tmp_path / "good.onnx", 1.0), card)
    write_status(open_home(), STATUS, time_s=time.time())
    look = LastLook(
        model="toys@1", dataset="yard", drifts=("gate: score is off by 0.45 in 60 looks",),
        labelled=3, needed=20, time_s=time.time() - 7200,
    )  # fmt: skip
    last_look.keep(home, [look])
    told = "as of 2 h ago: gate: score is off by 0.45 in 60 looks; "
    assert vigil("status").lines[-1] == (
        f"toys@1 drifts, {told}label what it shows: 3 new pictures, needed 20"
    )
    last_look.keep(home, [replace(look, labelled=20)])
    assert vigil("status").lines[-1] == f"toys@1 is due, {told}see: vigil model due"
    models = json.loads(vigil("status", "--json").out)["models"]
    assert [each["drifts"] for each in models["drifting"]] == [list(look.drifts)]
    # Another version sees otherwise: nobody has looked with it.
    registry.add(seeing(tmp_path / "other.onnx", 0.5), card)
    assert "toys" not in vigil("status").out
    (home / last_look.FILE).write_text("{")
    assert "drift.json: damaged" in vigil("status").lines[-1]
