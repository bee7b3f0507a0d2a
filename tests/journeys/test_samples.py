"""What the watch keeps to learn from, on real streams and real footage."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import Clip, ModelError, Review, Ruling, Sample, Step
from vigil.core.samples import joint
from vigil.infer import Registry
from vigil.infer.known import known_cards
from vigil.pipeline.build import Builder
from vigil.pipeline.settle import settle
from vigil.pipeline.shard import Shard
from vigil.store import DecisionStore, EventStore, SampleStore, StoredSample
from vigil.store.database import Database
from vigil.testing.films import tiny_stream
from vigil.testing.rtsp_server import RtspServer, looped

from .running import Running, wait_for, write_config

Data = Callable[[str], Path]
Model = Callable[[str], str]


def queue() -> list[StoredSample]:
    home = open_home()
    store = SampleStore(Database(home.database), home.samples)
    try:
        return store.queue(state=None, limit=1000)
    finally:
        store.database.close()


def count(running: Running, word: str) -> int:
    return int(running.camera("gate").get(f"samples_{word}", 0))


def reviewed(event_id: str) -> None:
    home = open_home()
    store = EventStore(home.database, home.clips)
    said = Review(event_id=event_id, ruling=Ruling.REJECTED, reviewer="ana", time_s=time.time())
    DecisionStore(store.database).review(said)
    store.close()


@pytest.mark.slow
def test_samples_survive_a_crash_and_so_does_what_is_left_of_the_day(tmp_path: Path) -> None:
    """`vigil run`, killed and started again, with a person's word in between."""
    config = tmp_path / "vigil.yaml"
    with RtspServer({"cam": looped(tiny_stream(8, [(1.0, 4.0), (4.5, 7.5)]))}) as server:
        # Chance alone might take the only place of the day.
        sample = {"limits": {"daily": 1}, "strategies": ["event"]}
        camera = {"source": server.url("cam"), "sample": sample}
        write_config(config, {"gate": camera}, health="off", verify="off")
        running = Running(config, tmp_path / "first.txt")
        try:
            wait_for(lambda: count(running, "kept") and count(running, "refused"), within_s=90)
            (stored,) = wait_for(queue)
            kept = stored.sample
            assert stored.sample.reasons == {"event": 0.5}
            assert {found.event.id for found in running.events("presence")} >= {kept.event_id}
            assert cv2.imread(str(open_home().samples / kept.path)).shape[1] == kept.width
        finally:
            running.process.kill()
            running.process.wait()
        # As if it had been killed between a picture and its row, long ago.
        orphan = open_home().samples / "2023-11-15" / "orphan.jpg"
        orphan.parent.mkdir()
        orphan.write_bytes(b"nobody knows it")
        os.utime(orphan, (1.7e9, 1.7e9))
        running = Running(config, tmp_path / "second.txt")
        try:
            wait_for(lambda: count(running, "refused"), within_s=90)
            assert count(running, "kept") == 0
            wait_for(lambda: not orphan.exists())
            assert kept.event_id is not None
            reviewed(kept.event_id)
            wait_for(lambda: "rejected" in queue()[0].sample.reasons, within_s=60)
            wait_for(lambda: running.status().get("lessons") == 1)
            running.end(signal.SIGTERM)
        finally:
            running.process.kill()
    (again,) = queue()
    assert (again.sample.id, again.sample.score) == (kept.id, pytest.approx(0.95))


class Nobody:
    def put(self, step: Step, clip: Clip | None) -> None:
        """Nobody listens."""


def sampled(film: Path, **settings: Any) -> tuple[list[StoredSample], Any]:
    """What a watch of a film keeps, as the store gives it back; and its counts."""
    settle()
    home = open_home()
    store = SampleStore(Database(home.database), home.samples)
    told: list[Sample] = []
    builder = Builder(home, evidence=False, tell_sample=told.append)
    source = {"kind": "file", "path": str(film)}
    app = parse({"cameras": {"hall": {"source": source, **settings}}})
    camera, detector = builder.camera(app.cameras["hall"])
    Shard(cameras=[(camera, detector)], outbox=Nobody()).run(threading.Event())
    camera.check()
    builder.close()
    store.write(told)
    found = store.queue(limit=1000)
    store.database.close()
    assert camera.watch.samples is not None
    return found, camera.watch.samples.counts


@pytest.mark.data
def test_things_unlike_each_other_are_kept_where_an_embedder_tells_them_apart(
    data: Data, model: Model
) -> None:
    """People who walk by in eight seconds: some of their crops are new, and the most are not."""
    strategy = {"kind": "novelty", "embedder": "osnet", "every_s": 0.2, "limits": {}}
    film = data("videos/pedestrian_survaillance.mp4")
    settings = {"detector": model("yolox_nano_416.onnx"), "rules": [{"kind": "presence"}]}
    with pytest.raises(ModelError, match="osnet"):
        sampled(film, **settings, sample={"strategies": [strategy]})
    card = next(card for card in known_cards() if card.name == "osnet-x025-msmt17")
    Registry(open_home().models).add(data(f"models/reid/{card.file}"), card)
    sample = {"strategies": [strategy | {"embedder": card.name}], "limits": {}}
    found, counts = sampled(film, **settings, sample=sample)
    assert 2 <= counts.kept == len(found) <= 12
    assert max(one.sample.score for one in found) == 1.0
    assert all(set(one.sample.reasons) == {"novelty"} for one in found)


@pytest.mark.data
@pytest.mark.slow
def test_a_film_of_people_leaves_what_was_nearly_detected_within_its_budget(
    data: Data, model: Model
) -> None:
    found, counts = sampled(
        data("videos/one-by-one-person-detection.mp4"),
        detector=model("yolox_nano_416.onnx"),
        rules=[{"kind": "presence", "labels": ["person"]}],
        masks=[[[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]]],
    )
    assert counts.kept == len(found) > 2
    assert counts.refused > 0
    scores = [one.sample.score for one in found]
    assert scores == sorted(scores, reverse=True)
    times_s = sorted(one.sample.time_s for one in found)
    assert len(times_s) <= 10  # in an hour
    assert all(
        sum(start_s <= time_s < start_s + 60 for time_s in times_s) <= 2 for start_s in times_s
    )
    reasons = {reason for one in found for reason in one.sample.reasons}
    assert {"close_to_threshold", "event"} <= reasons
    for one in found:
        sample = one.sample
        assert sample.score == pytest.approx(joint(sample.reasons.values()))
        picture = cv2.imread(str(open_home().samples / sample.path))
        assert picture.shape[:2] == (sample.height, sample.width)
        corner = picture[: sample.height // 12, : sample.width // 12]
        assert corner.max() < 30
        near = [
            abs(label.origin.score - 0.4) <= 0.2
            for label in sample.proposals
            if label.origin.score is not None
        ]
        assert any(near) or "close_to_threshold" not in sample.reasons
