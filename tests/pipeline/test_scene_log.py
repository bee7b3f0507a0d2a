"""Recorded scenes on the disk."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import Box, Clip, Scene, SourceError, Step, Track
from vigil.pipeline.build import Builder
from vigil.pipeline.scene_log import SceneLog, folder_name, recorded, scene_files
from vigil.pipeline.shard import Shard

NOON_S = 1_750_000_000.0


def scene(time_s: float) -> Scene:
    track = Track(7, "person", Box(1.01, 2, 30, 80), 0.9, NOON_S, time_s)
    return Scene(source="大门", time_s=time_s, width=640, height=360, tracks=(track,), looked=True)


def test_a_file_an_hour_and_all_that_was_judged_is_in_it(tmp_path: Path) -> None:
    log = SceneLog("大门", folder=tmp_path)
    judged = [log.note(scene(NOON_S + 30 * n)) for n in range(240)]
    log.close()
    files = scene_files([tmp_path])
    assert [file.relative_to(tmp_path).parts[1:] for file in files] == [
        ("2025-06-15", "15.scenes"),
        ("2025-06-15", "16.scenes"),
        ("2025-06-15", "17.scenes"),
    ]
    assert [one for chunk in recorded(files) for one in chunk.scenes] == judged
    assert (log.scenes, log.missed) == (240, 0)


def test_what_cannot_be_written_is_counted_and_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file stands in the way")
    log = SceneLog("gate", folder=tmp_path / "folder")
    log.note(scene(NOON_S))
    odd = scene(NOON_S + 1)
    odd = replace(odd, tracks=(odd.tracks[0]._replace(score=float("nan")),))
    assert log.note(odd) is odd
    log.close()
    assert log.missed == 2


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../../etc", "大 门"])
def test_a_camera_s_name_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    folder = tmp_path / folder_name(name)
    assert folder.parent == tmp_path
    assert folder.resolve().parent == tmp_path.resolve()
    assert folder_name("大 门") != folder_name("大门")


def test_bad_places_are_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing: not there; .record_scenes: true"):
        scene_files([tmp_path / "nothing"])
    with pytest.raises(SourceError, match=r"a folder without \.scenes files"):
        scene_files([tmp_path])
    film = tmp_path / "film.scenes"
    film.write_bytes(b"\0" * 500)
    with pytest.raises(SourceError, match=r"film\.scenes: not a record of scenes"):
        list(recorded([film]))


def test_a_camera_that_is_to_records_its_scenes_and_others_do_not(
    film: Path, tmp_path: Path
) -> None:
    source = {"kind": "file", "path": film}
    app = parse(
        {
            "record_scenes": True,
            "cameras": {
                "gate": {"source": source},
                "yard": {"source": source, "record_scenes": False},
            },
        }
    )
    home = open_home(tmp_path / "home")
    builder = Builder(home, evidence=False)
    cameras = [builder.camera(camera) for camera in app.cameras.values()]
    Shard(cameras=cameras, outbox=Nowhere()).run(threading.Event())
    files = scene_files([home.scenes])
    assert [file.relative_to(home.scenes).parts for file in files] == [
        ("gate", "1970-01-01", "00.scenes")
    ]
    scenes = [scene for chunk in recorded(files) for scene in chunk.scenes]
    assert scenes[-1].time_s > 11
    assert any(scene.tracks for scene in scenes)


class Nowhere:
    """An outbox without a bottom."""

    def put(self, step: Step, clip: Clip | None) -> None:
        pass
