import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vigil.core import AlertDelayed
from vigil.stages.alert.file import AlertFile
from vigil.testing.alerts import PICTURE, an_alert

Send = Callable[..., list[str]]


def test_each_message_is_one_line(tmp_path: Path, send: Send) -> None:
    alerts = [an_alert(), an_alert(said="two\nlines")]
    send(AlertFile(path=tmp_path / "alerts.jsonl"), *alerts)
    lines = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [alert.id for alert in alerts]
    assert json.loads(lines[1])["verdict"]["reason"] == "two\nlines"


def test_only_its_owner_and_group_may_read_it(tmp_path: Path, send: Send) -> None:
    send(AlertFile(path=tmp_path / "alerts.jsonl"), an_alert())
    assert (tmp_path / "alerts.jsonl").stat().st_mode & 0o007 == 0


def test_a_torn_line_does_not_swallow_the_next(tmp_path: Path, send: Send) -> None:
    file = tmp_path / "alerts.jsonl"
    file.write_text('{"id": "torn')
    alert = an_alert()
    send(AlertFile(path=file), alert)
    torn, whole = file.read_text().splitlines()
    assert torn == '{"id": "torn'
    assert json.loads(whole)["id"] == alert.id


def test_a_picture_is_within_when_it_is_wanted(tmp_path: Path, send: Send) -> None:
    send(AlertFile(path=tmp_path / "a", pictures=True), an_alert(snapshot=PICTURE))
    assert json.loads((tmp_path / "a").read_text())["snapshot_base64"].startswith("/9j/")


def test_a_line_is_on_the_disk_before_it_counts_as_sent(
    tmp_path: Path, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []
    sync = os.fsync

    def noted(handle: int) -> None:
        sync(handle)
        synced.append((os.readlink(f"/proc/self/fd/{handle}"), os.fstat(handle).st_size))

    monkeypatch.setattr(os, "fsync", noted)
    file = tmp_path / "alerts.jsonl"
    send(AlertFile(path=file), an_alert())
    assert (str(file), file.stat().st_size) in synced
    # Its name, too.
    assert str(tmp_path) in [name for name, _ in synced]


def test_a_full_disk_delays(send: Send) -> None:
    with pytest.raises(AlertDelayed, match="/dev/full: No space left"):
        send(AlertFile(path=Path("/dev/full")), an_alert())
