"""A real model of sounds, on sounds made from nothing and on real ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vigil.core import ModelError
from vigil.infer.adding import add_model
from vigil.infer.known import known_cards
from vigil.infer.registry import Registry
from vigil.media.hearing import RATE, SoundDecoder
from vigil.media.opening import open_file
from vigil.stages.hear.logmel import PATCH, log_mel
from vigil.stages.hear.model_ear import ModelEar, as_picture
from vigil.stages.hear.vocabulary import Vocabulary, words
from vigil.testing.sounds import Wave, beeps, noise, siren, sound_packets, with_sounds

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def ear(
    data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], ModelEar]:
    registry = Registry(tmp_path_factory.mktemp("models"))
    weights = data("models/audio/yamnet_spectra_in.tflite")
    add_model(registry, str(weights), fetch=lambda _address, _path: None)
    first = ModelEar(registry=registry.folder)
    return first.twin


def best(ear: ModelEar, wave: Wave) -> dict[str, float]:
    """The highest score of each word over a wave."""
    found: dict[str, float] = {}
    for packet in sound_packets(wave):
        ear.hear(packet)
        for sound in ear.sounds():
            found[sound.word] = max(found.get(sound.word, 0.0), sound.score)
    return found


def of_file(ear: ModelEar, path: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    with open_file(path) as demuxer:
        for packet in demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0):
            if packet.encoding.kind == "audio":
                ear.hear(packet)
                for sound in ear.sounds():
                    found[sound.word] = max(found.get(sound.word, 0.0), sound.score)
    return found


def test_a_smoke_detector_is_an_alarm_and_a_room_is_not(ear):
    alarm = best(ear(), with_sounds(noise(6.0), (1.0, beeps(5.0, on_s=0.5, off_s=0.5))))
    assert alarm["alarm"] > 0.4
    room = best(ear(), noise(6.0))
    assert room.keys().isdisjoint({"alarm", "glass", "gunshot", "scream", "siren"})


def test_a_siren_is_a_siren(ear):
    found = best(ear(), with_sounds(noise(8.0), (1.0, siren(7.0))))
    assert max(found.get("siren", 0.0), found.get("alarm", 0.0)) > 0.4


def test_silence_costs_nothing(ear):
    listener = ear()
    assert best(listener, np.zeros(5 * RATE, np.float32)) == {}
    assert listener.asked == 0


def test_real_sounds_have_their_names(ear, data):
    assert of_file(ear(), data("robust/torchcodec/nasa_13013.mp4"))["speech"] > 0.8


def test_real_fights_and_streets_hold_no_gunshot(ear, data):
    folder = data("action/fight_surv/fight").parent
    for path in sorted(folder.glob("*/*.mp4"))[:12]:
        found = of_file(ear(), path)
        assert max(found.get(word, 0.0) for word in ("gunshot", "alarm", "glass")) < 0.4


def test_the_256_levels_of_a_patch_are_those_of_the_graph(ear):
    """What is rounded on the way to the model is what the model would have rounded itself."""
    openvino = pytest.importorskip("openvino")
    listener = ear()
    model = listener._current()
    path = listener._model._registry.folder / "yamnet-spectra" / "1" / model.card.file
    plain = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    wave = with_sounds(noise(3.0, level=0.02), (0.5, beeps(2.5)))
    for start in range(0, len(wave) - PATCH, PATCH // 2):
        patch = log_mel(wave[start : start + PATCH])
        given = model.session.run(as_picture(patch, model))[0]
        wanted = plain(patch[None])[0]
        assert np.abs(given - wanted).max() < 0.02


def test_a_model_of_something_else_is_refused(ear, data):
    registry = Registry(ear()._model._registry.folder)
    add_model(registry, str(data("models/detect/yolox_nano_416.onnx")), fetch=lambda _a, _p: None)
    with pytest.raises(ModelError, match="needed: head sounds"):
        ModelEar(name="yolox-nano-416", registry=registry.folder).warm_up()


def test_every_class_in_the_table_of_words_is_one_of_the_model():
    (card,) = [card for card in known_cards() if card.head == "sounds"]
    named = set().union(*words().values())
    assert named <= set(card.labels)
    assert len(Vocabulary(card.labels)) == len(card.labels) == 521


def test_a_word_is_as_likely_as_its_likeliest_class():
    vocabulary = Vocabulary(["Siren", "Police car (siren)", "Dog"])
    scores = np.array([0.3, 0.6, 0.2], np.float32)
    assert vocabulary.scored(scores, least=0.1) == {
        "siren": pytest.approx(0.6), "dog": pytest.approx(0.2)
    }  # fmt: skip
    assert vocabulary.scored(scores, least=0.5) == {"siren": pytest.approx(0.6)}


def test_samples_of_a_film_are_those_of_its_sound(data):
    with open_file(data("robust/moviepy/video_with_failing_audio.mp4")) as demuxer:
        decoder = SoundDecoder(demuxer.audio)
        packets = list(demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0))
    samples = sum(
        len(heard.samples)
        for packet in packets
        if packet.encoding.kind == "audio"
        for heard in decoder.decode(packet)
    )
    assert samples > RATE
