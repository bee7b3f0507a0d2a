"""`vigil watch`."""

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigil.cli.watch import line_of, settings_for
from vigil.core import Event, Step, StepKind
from vigil.media.opening import open_file
from vigil.testing.films import tiny_stream
from vigil.testing.rtsp_server import RtspServer, looped

WORDS = ["type", "id", "source", "rule", "label", "start_s", "end_s", "box", "severity", "claim"]


def test_each_line_of_json_is_a_step_and_says_what_was_promised(vigil: Any, film: Path) -> None:
    found = vigil("watch", film, "--json")
    assert (found.code, found.err) == (0, "")
    steps = [json.loads(line) for line in found.lines]
    assert [list(step) for step in steps] == [WORDS] * 2
    new, end = steps
    assert (new["type"], end["type"]) == ("new", "end")
    assert new["id"] == end["id"]
    assert (new["source"], new["rule"], new["label"]) == ("大门_1", "presence", "object")
    assert abs(new["start_s"] - 2.0) < 0.5
    assert abs(end["end_s"] - 5.0) < 0.5
    assert len(new["box"]) == 4


def test_people_read_one_line_when_an_event_begins_and_one_when_it_ends(
    vigil: Any, film: Path
) -> None:
    found = vigil("watch", film)
    assert [line.split()[2:4] for line in found.lines] == [["new", "presence"], ["end", "presence"]]
    assert all("An object is in the picture." in line for line in found.lines)


def test_a_quiet_film_says_so(vigil: Any, film: Path) -> None:
    person = "{kind: presence, labels: [person]}"
    assert vigil("watch", film, "--rules", person).lines == ["no events"]
    assert vigil("watch", film, "--rules", person, "--json").lines == []


def test_rules_come_from_a_file_or_from_the_command_line(
    vigil: Any, film: Path, tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n  - {kind: line_crossing, line: '0.5,0.0,0.5,1.0'}\n")
    for rules in (file, "{kind: line_crossing, line: '0.5,0.0,0.5,1.0'}"):
        steps = [
            json.loads(line) for line in vigil("watch", film, "--rules", rules, "--json").lines
        ]
        assert {step["rule"] for step in steps} == {"line_crossing"}


def test_settings_come_from_a_file_and_a_camera_of_it(
    vigil: Any, film: Path, tmp_path: Path
) -> None:
    config = tmp_path / "vigil.yaml"
    config.write_text(
        "cameras:\n"
        "  a: {source: a.mp4, rules: [{kind: presence, name: of-a}]}\n"
        "  b: {source: b.mp4, rules: [{kind: presence, name: of-b}]}\n"
    )
    found = vigil("watch", film, "--config", config, "--camera", "b", "--json")
    assert {(step["source"], step["rule"]) for step in map(json.loads, found.lines)} == {
        ("b", "of-b")
    }
    assert "no 'c' in" in vigil("watch", film, "--config", config, "--camera", "c").failure


def test_a_source_counts_from_where_the_command_is_typed_and_settings_from_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "vigil.yaml").write_text("home: state\n")
    monkeypatch.chdir(tmp_path)
    app = settings_for("films/a.mp4", config=Path("site/vigil.yaml"))
    assert app.home == tmp_path / "site" / "state"
    assert app.cameras["a"].source.path == tmp_path / "films" / "a.mp4"


def test_an_annotated_copy_can_be_played(vigil: Any, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "看.mp4"
    assert vigil("watch", film, "--annotate", out).code == 0
    with open_file(out) as demuxer:
        assert len(list(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0))) == 80


MISTAKES = {
    "no file": (["nosuch.mp4"], "no such file or directory"),
    "no address": (["ftp://a/b"], "no source of scheme ftp://"),
    "no model": (["FILM", "--detector", "nosuch"], "no model 'nosuch'"),
    "no rule": (["FILM", "--rules", "presnce"], "did you mean 'presence'?"),
    "no such rules file": (["FILM", "--rules", "nosuch.yaml"], "cannot be read"),
    "no YAML": (["FILM", "--rules", "rules: [a, b"], "neither a file nor YAML"),
    "a number as rule": (["FILM", "--rules", "5"], "found 5; allowed: a rule"),
    "no config": (["FILM", "--config", "nosuch.yaml"], "cannot be read"),
    "no folder": (["FILM", "--annotate", "/nosuch/a.mp4"], "cannot write /nosuch/a.mp4"),
    "no video name": (["FILM", "--annotate", "a.txt"], "allowed: .mp4, .mov or .mkv"),
    "itself": (["FILM", "--annotate", "FILM"], "is what is to be watched"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_without_a_traceback(
    vigil: Any, film: Path, mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, told = MISTAKES[mistake]
    words = [str(film) if word == "FILM" else word for word in arguments]
    assert told in vigil("watch", *words).failure


def test_text_that_calls_itself_a_video_is_refused(vigil: Any, tmp_path: Path) -> None:
    text = tmp_path / "list.mp4"
    text.write_text("#EXTM3U\n/etc/passwd\n")
    assert "not a video in an allowed container" in vigil("watch", text).failure


def test_a_reader_that_leaves_early_hears_no_complaint(start: Any, film: Path) -> None:
    process = start("watch", film, "--json")
    process.stdout.close()
    assert process.wait(60) in {0, 1}
    assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watched_camera_is_left_at_once(
    start: Any, number: signal.Signals, until: Callable[..., Any]
) -> None:
    feed = looped(tiny_stream(6, [(0.5, 3.5)]))
    with RtspServer({"cam": feed}) as server:
        process = start("watch", server.url("cam"), "--json")
        assert json.loads(process.stdout.readline())["type"] == "new"
        process.send_signal(number)
        began_s = time.monotonic()
        assert process.wait(6) == 0
        print(f"ended after {time.monotonic() - began_s:.2f} s")
    assert json.loads(process.stdout.read().splitlines()[-1])["type"] == "end"


def test_a_camera_that_is_away_is_left_at_once_and_its_password_is_not_told(start: Any) -> None:
    with RtspServer({}) as server:
        port = server.port
    process = start("watch", f"rtsp://me:geheim@127.0.0.1:{port}/cam", "--json")
    line = process.stderr.readline()
    assert re.search("lost", line)
    process.send_signal(signal.SIGINT)
    assert process.wait(6) == 0
    assert process.stdout.read() == ""
    assert "geheim" not in line + process.stderr.read()


def test_brackets_in_a_claim_are_no_markup() -> None:
    event = Event(
        id="e", source="a", rule="r", claim="[red]A box[/red].", label="", start_s=1, end_s=1
    )
    assert "\\[red]A box" in line_of(Step(kind=StepKind.NEW, event=event, time_s=1))


@pytest.mark.parametrize("source", ["rtsp://10.0.0.1/", "/", "大门.mp4", "a b/../c.d.mp4", "__"])
def test_every_source_has_a_name(source: str) -> None:
    (name,) = settings_for(source).cameras
    assert name
