"""Real processes that crash, are killed, are changed and come back."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigil.config.load import parse
from vigil.core import StoreUnavailable
from vigil.pipeline.supervisor import Supervisor

Until = Callable[..., Any]
Settings = dict[str, Any]


def watched(supervisor: Supervisor, name: str) -> Settings | None:
    found = supervisor.status()["cameras"].get(name, {})
    return found if found.get("received") else None


def process_of(supervisor: Supervisor, name: str) -> int:
    status = supervisor.status()
    return status["processes"][f"shard-{status['cameras'][name]['shard']}"]["pid"]


def everybody_watched(supervisor: Supervisor, names: str) -> Callable[[], bool]:
    return lambda: all(watched(supervisor, name) for name in names)


def test_a_changed_file_touches_only_the_cameras_it_changes(
    supervisor: Supervisor, live: Settings, until: Until
) -> None:
    cameras: Settings = {name: {"source": live} for name in "abc"}
    supervisor.apply(parse({"cameras": cameras}))
    until(everybody_watched(supervisor, "abc"))
    untouched, received = process_of(supervisor, "a"), watched(supervisor, "a")["received"]
    changed = {"source": live, "record": {"pre_capture": 1}}
    supervisor.apply(parse({"cameras": {"a": {"source": live}, "b": changed, "d": changed}}))
    until(everybody_watched(supervisor, "ad"))
    until(lambda: (watched(supervisor, "b") or {}).get("received", 10**9) < 20)
    found = supervisor.status()
    assert sorted(found["cameras"]) == ["a", "b", "d"]
    assert process_of(supervisor, "a") == untouched
    assert watched(supervisor, "a")["received"] > received
    assert found["shard_restarts"] == 0


@pytest.mark.slow
def test_the_cameras_of_a_killed_shard_come_back_and_the_others_notice_nothing(
    supervisor: Supervisor, live: Settings, until: Until
) -> None:
    supervisor.apply(parse({"cameras": {name: {"source": live} for name in "abcd"}}))
    until(everybody_watched(supervisor, "abcd"))
    killed = process_of(supervisor, "a")
    apart = [name for name in "bcd" if process_of(supervisor, name) != killed]
    assert 0 < len(apart) < 3
    pids = {name: process_of(supervisor, name) for name in apart}
    before = {name: watched(supervisor, name)["received"] for name in apart}
    os.kill(killed, signal.SIGKILL)
    until(lambda: supervisor.status()["shard_restarts"] == 1)
    until(everybody_watched(supervisor, "abcd"))
    assert killed not in {process_of(supervisor, name) for name in "abcd"}
    assert {name: process_of(supervisor, name) for name in apart} == pids
    assert all(watched(supervisor, name)["received"] > before[name] for name in apart)


@pytest.mark.slow
@pytest.mark.usefixtures("broken_parts")
def test_a_camera_that_crashes_its_process_twice_is_quarantined_and_its_neighbours_go_on(
    supervisor: Supervisor, live: Settings, tmp_path: Path, until: Until
) -> None:
    fuse = tmp_path / "fuse"
    gate = {"kind": "fused", "fuse": fuse}
    cameras = {"bad": {"source": live, "gate": gate}} | {n: {"source": live} for n in "xyz"}
    supervisor.apply(parse({"cameras": cameras}))
    until(everybody_watched(supervisor, ["bad", *"xyz"]))
    shard = supervisor.status()["cameras"]["bad"]["shard"]
    shared = [n for n in "xyz" if supervisor.status()["cameras"][n]["shard"] == shard]
    apart = [n for n in "xyz" if n not in shared]
    assert shared, "one camera must share the process that is to crash"
    assert apart
    pids = {name: process_of(supervisor, name) for name in apart}

    fuse.touch()
    until(lambda: supervisor.status()["shard_restarts"] == 1)
    until(everybody_watched(supervisor, shared), within_s=20)
    until(lambda: supervisor.status()["cameras"]["bad"]["state"] == "quarantined")
    found = supervisor.status()["cameras"]
    assert found["bad"]["reason"].startswith("crashed its process 2 times; tried again in ")
    assert supervisor.status()["shard_restarts"] == 2
    assert {name: process_of(supervisor, name) for name in apart} == pids
    supervisor.tend()
    assert supervisor.status()["cameras"]["bad"]["state"] == "quarantined"

    # Other settings are a new chance.
    fuse.unlink()
    supervisor.apply(parse({"cameras": cameras | {"bad": {"source": live}}}))
    until(everybody_watched(supervisor, ["bad"]))


def test_open_events_of_a_killed_shard_get_their_end(
    supervisor: Supervisor, notebook: Any, live: Settings, until: Until
) -> None:
    rules = [{"kind": "presence"}]
    supervisor.apply(parse({"cameras": {"a": {"source": live, "rules": rules}}}))
    until(lambda: notebook.kinds("presence")[-1:] == ["new"])
    os.kill(process_of(supervisor, "a"), signal.SIGKILL)
    until(lambda: "end" in notebook.kinds("presence"))
    new, end = notebook.steps[0], next(s for s in notebook.steps if s.kind == "end")
    assert (end.event.id, end.event.start_s) == (new.event.id, new.event.start_s)


def test_a_stopped_supervisor_ends_its_events_and_finishes_their_clips(
    supervisor: Supervisor, notebook: Any, live: Settings, until: Until
) -> None:
    supervisor.apply(parse({"cameras": {"a": {"source": live}}}))
    until(lambda: notebook.kinds("presence")[-1:] == ["new"])
    seen = watched(supervisor, "a")["received"]
    until(lambda: watched(supervisor, "a")["received"] >= seen + 10)
    supervisor.close(timeout_s=5.0)
    assert notebook.kinds("presence")[0] == "new"
    assert notebook.kinds("presence")[-1] == "end"
    first, last = notebook.clips[0], notebook.clips[-1]
    assert first.uri == last.uri
    assert last.end_s > first.end_s


def test_steps_wait_while_the_store_takes_none(
    supervisor: Supervisor, notebook: Any, film: Path, until: Until
) -> None:
    notebook.error = StoreUnavailable("locked")
    supervisor.apply(parse({"cameras": {"a": {"source": str(film)}}}))
    until(lambda: supervisor.status()["cameras"]["a"]["state"] == "ended")
    assert notebook.refusals == 1
    waiting = supervisor.status()["steps_waiting"]
    assert waiting >= 4
    assert supervisor.status()["events_recorded"] == 0
    until(lambda: supervisor.status()["processes"]["shard-1"]["unacknowledged"] == waiting)
    notebook.error = None
    supervisor.tend()
    # A clip that was finished brings the end of its event once more.
    lives = {each.event.id: [] for each in notebook.steps}
    for each in notebook.steps:
        lives[each.event.id].append(each.kind.value)
    assert list(lives.values()) == [["new", "end", "end"]] * 2
    until(lambda: supervisor.status()["processes"]["shard-1"]["unacknowledged"] == 0)
    assert supervisor.status()["events_recorded"] == 2


def test_a_file_is_watched_to_its_end_and_nothing_of_it_is_dropped(
    supervisor: Supervisor, film: Path, until: Until
) -> None:
    supervisor.apply(parse({"cameras": {"a": {"source": str(film)}}}))
    until(lambda: supervisor.status()["cameras"]["a"]["state"] == "ended")
    found = supervisor.status()["cameras"]["a"]
    assert (found["received"], found["processed"]) == (120, 120)
    assert (found["dropped"], found["waiting"]) == (0, 0)


def test_a_camera_that_cannot_start_says_why(
    supervisor: Supervisor, live: Settings, tmp_path: Path, until: Until
) -> None:
    cameras = {
        "gone": {"source": str(tmp_path / "gone.mp4")},
        "blind": {"source": live, "detector": "no-such-model"},
    }
    supervisor.apply(parse({"cameras": cameras}))
    states = {"gone": "ended", "blind": "refused"}

    def told() -> bool:
        found = supervisor.status()["cameras"]
        return all(found[name]["state"] == state for name, state in states.items())

    until(told)
    found = supervisor.status()["cameras"]
    assert found["gone"]["reason"].startswith("gone: no such file or directory; tried again in ")
    assert "no model 'no-such-model'" in found["blind"]["reason"]
    assert "; tried again in " in found["blind"]["reason"]


@pytest.mark.slow
@pytest.mark.usefixtures("broken_parts")
def test_a_shard_that_does_not_come_round_any_more_is_replaced(
    supervisor: Supervisor,
    live: Settings,
    tmp_path: Path,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vigil.pipeline.fleet.STUCK_S", 2.0)
    fuse = tmp_path / "fuse"
    gate = {"kind": "fused", "fuse": fuse, "hangs": True}
    supervisor.apply(parse({"cameras": {"a": {"source": live, "gate": gate}}}))
    until(everybody_watched(supervisor, "a"))
    stuck = process_of(supervisor, "a")
    supervisor.tend()
    assert process_of(supervisor, "a") == stuck
    fuse.touch()

    def replaced() -> bool:
        supervisor.tend()
        return supervisor.status()["shard_restarts"] == 1

    until(replaced)
    fuse.unlink()
    until(everybody_watched(supervisor, "a"))
    assert process_of(supervisor, "a") != stuck


def test_a_shard_that_is_told_to_end_ends_its_events_first(
    supervisor: Supervisor, notebook: Any, live: Settings, until: Until
) -> None:
    supervisor.apply(parse({"cameras": {"a": {"source": live}}}))
    until(lambda: notebook.kinds("presence")[-1:] == ["new"])
    told = supervisor.status()["cameras"]["a"]["shard"]
    os.kill(process_of(supervisor, "a"), signal.SIGTERM)
    until(lambda: supervisor.status()["shard_restarts"] == 1)
    assert "end" in notebook.kinds("presence")
    assert len({clip.end_s for clip in notebook.clips if clip.uri == notebook.clips[0].uri}) == 2
    until(lambda: supervisor.status()["cameras"]["a"].get("shard", told) != told)
