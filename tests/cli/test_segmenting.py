"""`vigil model segment`, as a person uses it, from rendered outlines."""

from typing import Any


def test_a_segmenter_is_made_from_rendered_outlines(vigil: Any) -> None:
    for first, split in ((0, "train"), (40, "val")):
        vigil(
            "data", "render", "street", "--words", "person=person|helmet|vest",
            "--words", "vehicle=car|truck", "--views", 4, "--pictures", 1, "--first", first,
            "--width", 160, "--outlines", "--split", split,
        )  # fmt: skip
    version = vigil("data", "freeze", "street", "--keep-splits").out.split("@")[1].split()[0]
    told = vigil(
        "model", "segment", "street", "--version", version, "--name", "ground",
        "--licence", "CC0-1.0", "--side", 64, "--epochs", 1,
    ).lines  # fmt: skip
    assert told[1].split() == ["numbers", "mIoU", "accuracy", "ms"]
    assert told[-1].endswith("vigil model use ground 1")
    shown = vigil("model", "show", "ground@1").out
    assert "head: class_scores" in shown
    assert shown.index("- other") < shown.index("- person") < shown.index("- vehicle")
    vigil("model", "verify", "ground@1")


def test_what_cannot_be_made_is_said_in_a_line(vigil: Any) -> None:
    vigil(
        "data", "render", "street", "--words", "person", "--views", 3, "--pictures", 1,
        "--width", 160, "--outlines",
    )  # fmt: skip
    for options, told in (
        (("--network", "unet"), "network: found 'unet'; allowed: bilateral, segformer-b0"),
        (("--weights", "there"), "bilateral has no published ones; allowed with: segformer-b0"),
        (("--words", "cat"), "split 'train': no outline of cat"),
        (("--side", 100), "side: 100; allowed: a multiple of 32"),
    ):
        asked = ("street", "--name", "g", "--licence", "x", *options)
        assert told in vigil("model", "segment", *asked).failure
