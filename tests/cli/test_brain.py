"""`vigil brain check`, against brains that see, that are talked into things, and that are gone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from vigil.core import Image
from vigil.pipeline.brain_check import CLAIM, COLOURS, pictures
from vigil.sim.overlays import ASSERTING, DENYING
from vigil.testing.fake_answers import Asked
from vigil.testing.fake_brain import FakeBrain
from vigil.testing.fake_faults import Fails, Says

Start = Callable[..., FakeBrain]
CAPTIONS = 4


@pytest.fixture
def fake() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda *oracle, **settings: stack.enter_context(FakeBrain(*oracle, **settings))


@cache
def clean() -> tuple[Image, Image]:
    return pictures()


def apart(picture: Image, other: Image) -> float:
    """The share of pixels that differ by more than JPEG makes them."""
    return float((cv2.absdiff(picture, other).max(axis=2) > 60).mean())


class Eyes:
    """Looks at the pixels, in the few ways that the check asks for; may believe what it reads."""

    def __init__(self, *, believes: bool = False) -> None:
        self.believes = believes

    def __call__(self, asked: Asked) -> Mapping[str, Any]:
        assert asked.schema is not None
        match sorted(asked.schema["properties"]):
            case ["even", "sum"]:
                return {"sum": 42, "even": True}
            case ["blue", "red"]:
                (picture,) = asked.images
                return {"red": count(picture, "red"), "blue": count(picture, "blue")}
            case ["picture"]:
                green = [count(picture, "green") for picture in asked.images].index(1)
                return {"picture": ("first", "second", "third")[green]}
            case _:
                return self.judged(asked)

    def judged(self, asked: Asked) -> Mapping[str, Any]:
        (picture,) = asked.images
        distances = [apart(picture, other) for other in clean()]
        there = distances[0] < distances[1]
        words = min(distances) > 0.001 or asked.text not in CLAIM.values()
        confirmed = there != (self.believes and words)
        return {
            "ruling": "confirmed" if confirmed else "rejected",
            "confidence": 0.9,
            "reason": "as the words say" if words and self.believes else "as it looks",
        }


def count(picture: Image, colour: str) -> int:
    near = np.abs(picture.astype(int) - COLOURS[colour]).max(axis=2) < 40
    parts, _ = cv2.connectedComponents(cv2.erode(near.astype(np.uint8), np.ones((9, 9))))
    return int(parts) - 1


def test_a_brain_that_looks_passes(vigil: Any, fake: Start) -> None:
    server = fake(Eyes())
    found = vigil("brain", "check", "--base-url", server.url)

    assert (found.code, found.err) == (0, "")
    assert found.lines[0].split()[:3] == ["check", "·", "检查"]
    assert found.lines[-1] == "34 checks, 0 failed · 共 34 项，0 项未通过"
    assert found.out.count("pass · 通过") == 34
    assert server.counts.pictures > 30


def test_a_brain_that_believes_what_it_reads_is_found_out(vigil: Any, fake: Start) -> None:
    found = vigil("brain", "check", "--base-url", fake(Eyes(believes=True)).url)

    attempts = len(DENYING) + len(ASSERTING) + CAPTIONS
    failed = [line for line in found.lines if "FAIL" in line]
    assert found.code == 1
    assert len(failed) == attempts
    assert all("as the words say" in line for line in failed)
    for language in ("en", "zh"):
        assert any(f"banner {language} forget" in line for line in failed)
        assert any(f"caption {language}" in line for line in failed)


def test_a_brain_that_does_not_look_is_found_out(vigil: Any, fake: Start) -> None:
    found = vigil("brain", "check", "--base-url", fake().url)

    assert found.code == 1
    (row,) = [line for line in found.lines if "sees that nobody is there (en)" in line]
    assert "FAIL" in row
    assert any("not asked: it cannot tell who is there" in line for line in found.lines)


def test_a_brain_that_knows_no_form_is_found_out(vigil: Any, fake: Start) -> None:
    server = fake(Eyes())
    server.always(Says(text="It depends."))
    found = vigil("brain", "check", "--base-url", server.url)

    assert found.code == 1
    assert "FAIL" in next(line for line in found.lines if "answers in the form" in line)
    assert "It depends." in found.out


def test_a_brain_of_a_file_is_checked(
    vigil: Any, fake: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = fake(Eyes(), api_key="sk-1")
    monkeypatch.setenv("VIGIL_TEST_KEY", "sk-1")
    file = tmp_path / "vigil.yaml"
    settings = {"base_url": server.url, "model": "fake-brain", "api_key": "{VIGIL_TEST_KEY}"}
    file.write_text(yaml.safe_dump({"brain": settings, "verify": "off"}))
    assert vigil("brain", "check", "--config", file).code == 0


def test_the_key_comes_from_the_environment(
    vigil: Any, fake: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = fake(Eyes(), api_key="sk-1")
    options = ("brain", "check", "--base-url", server.url, "--model", "fake-brain")
    assert "401: Incorrect API key" in vigil(*options).failure
    monkeypatch.setenv("VIGIL_BRAIN_KEY", "sk-1")
    assert vigil(*options).code == 0
    assert "NO_SUCH_KEY is not set" in vigil(*options, "--key-from", "NO_SUCH_KEY").failure


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "--config or --base-url: one of them is needed"),
        (["--base-url", "there"], "--base-url: found 'there'; allowed: an address such as"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m"], "127.0.0.1:1: cannot be reached"),
        (["--base-url", "http://127.0.0.1:1/v1"], "127.0.0.1:1: cannot be reached"),
        (["--base-url", "http://169.254.169.254/v1", "--model", "m"], "nothing is ever sent"),
        (["--config", "no.yaml"], "no.yaml"),
    ],
)
def test_a_mistake_is_one_line(vigil: Any, options: list[str], told: str) -> None:
    assert told in vigil("brain", "check", *options).failure


def test_a_file_without_a_brain_is_one_line(vigil: Any, tmp_path: Path) -> None:
    file = tmp_path / "vigil.yaml"
    file.write_text("cameras: {}\n")
    assert vigil("brain", "check", "--config", file).failure.endswith("brain: is missing")


def test_a_server_that_fails_is_one_line(vigil: Any, fake: Start) -> None:
    server = fake()
    server.always(Fails(status=503, retry_after="100"))
    assert "503" in vigil("brain", "check", "--base-url", server.url).failure


def test_an_unknown_model_is_one_line(vigil: Any, fake: Start) -> None:
    found = vigil("brain", "check", "--base-url", fake().url, "--model", "gpt")
    assert "does not exist" in found.out + found.err
    assert found.code != 0


def test_help_is_in_both_languages(vigil: Any) -> None:
    found = vigil("brain", "check", "--help")
    assert found.code == 0
    assert "检查大模型" in found.out
