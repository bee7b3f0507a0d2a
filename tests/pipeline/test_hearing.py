"""From a film with sound to events of what was heard, whatever the pictures show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from vigil.config.home import open_home
from vigil.config.load import parse
from vigil.core import Clip, ConfigError, Event, Step, StepKind
from vigil.infer.adding import add_model
from vigil.infer.registry import Registry
from vigil.pipeline.build import Builder
from vigil.pipeline.hearing import Hearing
from vigil.pipeline.shard import Shard
from vigil.stages.hear.loud_ear import LoudEar
from vigil.testing.sounds import bang, beeps, noise, sound_packets, sounding_film, with_sounds

LOUD = {"kind": "sound", "labels": "loud"}


class Told:
    """An outbox that keeps everything."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step, clip: Clip | None) -> None:
        self.steps.append(step)

    def events(self, rule: str) -> list[Event]:
        ended = [step.event for step in self.steps if step.kind is StepKind.END]
        return [event for event in ended if event.rule == rule]


def watched(path: Path, *rules: dict[str, Any], **settings: Any) -> Told:
    """What a camera with these rules tells of a film."""
    camera = {"source": {"kind": "file", "path": path}, "rules": list(rules), **settings}
    builder, told = Builder(open_home(), evidence=False), Told()
    cameras = [builder.camera(each) for each in parse({"cameras": {"a": camera}}).cameras.values()]
    shard = Shard(cameras=cameras, outbox=told)
    while shard.cameras:
        shard.turn()
    shard._clips.close()
    return told


@pytest.mark.parametrize("codec", ["aac", "opus"])
def test_a_bang_is_an_event_although_no_picture_moves(tmp_path, codec):
    wave = with_sounds(noise(14.0), (9.0, bang()))
    film = sounding_film(tmp_path / "film.mp4", 14, wave, codec=codec)
    told = watched(film, LOUD)
    (event,) = told.events("sound")
    assert event.label == "loud"
    new = next(step for step in told.steps if step.kind is StepKind.NEW)
    assert new.time_s - event.start_s < 2.5
    assert told.events("presence") == []


def test_a_rule_about_pictures_is_neither_helped_nor_harmed(tmp_path):
    wave = with_sounds(noise(14.0), (9.0, bang()))
    walks = [(7.0, 11.0)]
    loud = sounding_film(tmp_path / "loud.mp4", 14, wave, walks)
    mute = sounding_film(tmp_path / "mute.mp4", 14, None, walks)
    presence = {"kind": "presence"}
    alone = watched(mute, presence).events("presence")
    beside = watched(loud, LOUD, presence)
    assert len(beside.events("sound")) == 1
    for one, other in zip(alone, beside.events("presence"), strict=True):
        assert one.end_s - one.start_s == pytest.approx(other.end_s - other.start_s, abs=0.25)


def test_the_last_sound_of_a_film_is_told(tmp_path):
    wave = with_sounds(noise(9.0), (8.2, bang()))
    film = sounding_film(tmp_path / "film.mp4", 9, wave)
    assert len(watched(film, LOUD).events("sound")) == 1


def test_sound_that_nobody_can_decode_is_told_once_and_heard_when_it_changes():
    ear = LoudEar()
    hearing = Hearing("yard", ear)
    known = sound_packets(noise(2.0), codec="pcm_mulaw")
    strange = replace(known[0].encoding, codec="no_such_codec")
    with capture_logs() as logs:
        for packet in known[:3]:
            hearing.take(replace(packet, encoding=strange))
        assert ear.heard_s == float("-inf")
        for packet in known:
            hearing.take(packet)
    assert len(logs) == 1
    assert "no_such_codec" in logs[0]["reason"]
    assert ear.heard_s > 1.5


def test_a_stream_without_sound_says_so_once(tmp_path):
    film = sounding_film(tmp_path / "mute.mp4", 24, None)
    with capture_logs() as logs:
        told = watched(film, LOUD)
    assert told.steps == []
    said = [line for line in logs if line["event"] == "rules about sounds hear nothing"]
    assert [line["reason"] for line in said] == ["the stream has no sound"]
    assert said[0]["camera"] == "a"


def test_nobody_listens_where_no_rule_reads_sounds(tmp_path):
    film = sounding_film(tmp_path / "mute.mp4", 12, None)
    with capture_logs() as logs:
        watched(film, {"kind": "presence"})
    assert not [line for line in logs if "sound" in line["event"]]


def test_words_that_need_a_model_are_refused_without_one():
    camera = {"source": "rtsp://10.0.0.5/sub", "rules": [{"kind": "sound"}]}
    with pytest.raises(ConfigError, match="an ear knows 'loud' only; name a model as `ear`"):
        parse({"cameras": {"a": camera}})


@pytest.mark.data
def test_an_alarm_is_told_by_a_real_model_beside_a_picture_that_sleeps(
    tmp_path: Path, data: Callable[[str], Path]
) -> None:
    registry = Registry(open_home().models)
    registry.folder.mkdir(parents=True, exist_ok=True)
    weights = data("models/audio/yamnet_spectra_in.tflite")
    add_model(registry, str(weights), fetch=lambda _address, _path: None)
    wave = with_sounds(noise(18.0), (8.0, beeps(6.0)))
    film = sounding_film(tmp_path / "alarm.mp4", 18, wave)
    told = watched(film, {"kind": "sound"}, ear="yamnet-spectra")
    (event,) = told.events("sound")
    assert event.label == "alarm"
    assert event.claim == "An alarm is to be heard."
    assert 4.0 <= event.end_s - event.start_s <= 8.0


@pytest.mark.data
def test_films_with_broken_or_odd_sound_are_watched_to_their_end(
    data: Callable[[str], Path],
) -> None:
    for name in ("moviepy/video_with_failing_audio.mp4", "moviepy/no_duration.webm"):
        told = watched(data(f"robust/{name}"), LOUD, {"kind": "presence"})
        assert all(step.event.end_s >= step.event.start_s for step in told.steps)
