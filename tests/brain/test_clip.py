"""Pictures against claims, with encoders whose truth is known."""

import asyncio
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import onnx
import pytest
import yaml
from pydantic import BaseModel, Field, TypeAdapter
from tests.brain.clip_models import (
    COLOURS,
    LENGTH,
    broken_pair,
    colour_pair,
    image_graph,
    random_pair,
    text_graph,
    tokenizer,
    write_pair,
)

from vigil.brain.clip import ClipBrain
from vigil.brain.clip_card import ClipCard, load_clip_card
from vigil.brain.encoders import Encoders
from vigil.brain.matching import language_of, margin, negatives_of, wordings
from vigil.brain.quiet_store import QuietStore
from vigil.core import (
    BrainError,
    BrainGarbled,
    BrainRefused,
    BrainUnavailable,
    Claim,
    ConfigError,
    ModelError,
    Question,
    Reply,
    Still,
)

IDS = itertools.count()
RED, GREEN, BLUE = (220, 20, 20), (20, 220, 20), (20, 20, 220)
Word = Literal["unclear", "yes", "no"]


class Judgement(BaseModel):
    ruling: Literal["confirmed", "rejected", "unsure"]
    confidence: Annotated[float, Field(ge=0, le=1)]
    reason: str
    description: str


class Answers(Judgement):
    """The form of a verdict with two questions."""

    bluish: Word
    forgotten: Word


class Number(BaseModel):
    people: int


def still(colour: Sequence[int], *, background: bool = False, noise: int = 0) -> Still:
    random = np.random.default_rng(noise)
    image = np.full((48, 64, 3), colour, np.int16) + random.integers(-9, 10, 3) * (noise > 0)
    return Still(
        id=f"e/{next(IDS)}", image=np.clip(image, 0, 255).astype(np.uint8), background=background
    )


def question(*stills: Still, **settings: object) -> Question:
    usual: dict[str, object] = {"claims": (Claim(texts=("red",)),), "text": "What is it?\nSay."}
    return Question(system="", stills=stills, **{**usual, **settings})  # type: ignore[arg-type]


def ask(
    brain: ClipBrain, *questions: Question, form: type[BaseModel] = Judgement
) -> list[Reply[BaseModel]]:
    async def run() -> list[Reply[BaseModel]]:
        try:
            return [await brain.ask(one, form) for one in questions]
        finally:
            await brain.close()

    return asyncio.run(run())


def ask_one(brain: ClipBrain, one: Question, form: type[BaseModel] = Judgement) -> BaseModel:
    return ask(brain, one, form=form)[0].answer


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    return colour_pair(tmp_path / "clip")


def test_what_is_shown_is_confirmed_and_what_is_not_is_rejected(pair: Path) -> None:
    brain = ClipBrain(folder=pair)
    red, green = ask(brain, question(still(RED)), question(still(GREEN)))
    assert red.answer.ruling == "confirmed"
    assert green.answer.ruling == "rejected"
    assert red.model == "tiny-clip"
    assert red.calls == 1
    assert red.answer.description == ""


def test_one_picture_that_shows_it_is_enough_and_is_named(pair: Path) -> None:
    said = ask_one(ClipBrain(folder=pair), question(still(GREEN), still(RED), still(GREEN)))
    assert said.ruling == "confirmed"
    assert "Picture 2 of 3 fits the claim by +" in said.reason
    assert "'green'" in said.reason
    assert "only" not in said.reason


def test_a_chinese_question_is_told_why_in_chinese(pair: Path) -> None:
    said = ask_one(ClipBrain(folder=pair), question(still(RED), text="这是什么？\n请回答。"))
    assert "匹配度" in said.reason


def test_its_own_negatives_count_beside_those_of_the_card(pair: Path) -> None:
    claim = Claim(texts=("red",), negatives=("blue",))
    violet = still((200, 20, 190))
    alone, against = ask(
        ClipBrain(folder=pair), question(violet), question(violet, claims=(claim,))
    )
    assert alone.answer.ruling == "confirmed"
    assert against.answer.ruling != "confirmed"
    assert "'blue'" in against.answer.reason


def test_questions_with_a_claim_are_answered_and_others_stay_unclear(pair: Path) -> None:
    bluish = Claim(texts=("blue",), key="bluish", expects=False, negatives=("red",))
    claims = (Claim(texts=("red",)), bluish)
    said = ask_one(ClipBrain(folder=pair), question(still(RED), claims=claims), Answers)
    assert (said.bluish, said.forgotten) == ("no", "unclear")
    assert said.ruling == "confirmed"


def test_an_answer_that_speaks_against_the_event_makes_it_unsure(pair: Path) -> None:
    claims = (Claim(texts=("red",)), Claim(texts=("blue",), key="bluish", expects=False))
    shown = question(still(RED), still(BLUE), claims=claims)
    said = ask_one(ClipBrain(folder=pair), shown, Answers)
    assert (said.ruling, said.bluish) == ("unsure", "yes")
    assert "but bluish: yes" in said.reason


def test_answers_that_all_speak_for_the_event_make_a_rejection_unsure(pair: Path) -> None:
    claims = (Claim(texts=("red",)), Claim(texts=("blue",), key="bluish", expects=True))
    shown = question(still(BLUE), still(GREEN), claims=claims)
    said = ask_one(ClipBrain(folder=pair, sure=0.61), shown, Answers)
    assert (said.ruling, said.bluish) == ("unsure", "yes")


def test_a_text_of_one_line_is_a_claim_and_prose_is_none(pair: Path) -> None:
    brain = ClipBrain(folder=pair)
    assert ask_one(brain, question(still(RED), claims=(), text="red")).ruling == "confirmed"
    for wrong in (
        question(still(RED), claims=()),
        question(still(RED), claims=(), text="red " * 100),
        question(still(RED), claims=(Claim(texts=("red",)), Claim(texts=("blue",)))),
    ):
        with pytest.raises(BrainRefused, match="one claim without a key"):
            ask_one(brain, wrong)


def test_what_it_cannot_say_it_refuses(pair: Path) -> None:
    brain = ClipBrain(folder=pair)
    with pytest.raises(BrainRefused, match="yes, no or unclear"):
        ask_one(brain, question(still(RED)), Number)
    with pytest.raises(BrainRefused, match="no picture"):
        ask_one(brain, question())
    with pytest.raises(BrainRefused, match="no picture"):
        ask_one(brain, question(still(GREEN, background=True)))
    chinese = question(still(RED), claims=(Claim(texts=("红",)),))
    with pytest.raises(BrainRefused, match="knows en"):
        ask_one(brain, chinese)


def test_both_languages_are_put_together_where_the_model_knows_both(tmp_path: Path) -> None:
    table = np.zeros((8, 3))
    table[4:] = [[1, 0, 0.6], [0, 1, 0], [1, 0, -0.6], [0, 1, 0]]
    folder = write_pair(
        tmp_path / "both",
        pictures=image_graph(np.eye(3)),
        texts=text_graph(table),
        words=tokenizer(("red", "green", "红", "绿")),
        languages=["en", "zh"],
    )
    encoders = Encoders(folder)
    both = encoders.claim(("red.", "红。"))
    assert both == pytest.approx([1, 0, 0], abs=1e-6)
    assert encoders.claim(("red",)) == pytest.approx(encoders.text("red"))
    claim = Claim(texts=("red", "红"), negatives=("绿",))
    said = ask_one(ClipBrain(folder=folder), question(still(RED), claims=(claim,)))
    assert said.ruling == "confirmed"


def test_wordings_fill_the_templates_of_their_language() -> None:
    card = load_card({"languages": ["en", "zh"], "templates": {"en": ["{}", "see: {}"]}})
    assert wordings(("A cat.", "一只猫。"), card) == ["A cat", "see: A cat", "一只猫"]
    assert wordings(("A cat.", "一只猫。"), load_card({"templates": {"en": ["{}"]}})) == ["A cat"]
    assert language_of("CCTV 监控") == "zh"
    assert negatives_of(Claim(texts=("x",), negatives=("空",)), load_card({})) == ["green"]
    with pytest.raises(BrainRefused, match="add negatives"):
        negatives_of(Claim(texts=("x",)), load_card({"negatives": {}}))


def load_card(changes: dict[str, object]) -> ClipCard:
    usual = {
        "name": "x",
        "image": {"file": "i.onnx"},
        "text": {"file": "t.onnx"},
        "negatives": {"en": ["green"]},
    }
    return TypeAdapter(ClipCard).validate_python({**usual, **changes})


def test_a_sigmoid_tells_no_difference_between_two_texts_that_both_fit() -> None:
    picture, texts = np.array([0.8, 0.6], np.float32), np.eye(2, dtype=np.float32)
    soft, sigmoid = (
        load_card({"score": score, "logit_scale": 100, "logit_bias": -20})
        for score in ("softmax", "sigmoid")
    )
    assert margin(picture, texts[0], texts[1:], soft) == pytest.approx(20, abs=1e-3)
    assert margin(picture, texts[0], texts[1:], sigmoid) == pytest.approx(0, abs=1e-3)
    low = load_card({"score": "sigmoid", "logit_scale": 100, "logit_bias": -200})
    assert margin(picture, texts[0], texts[1:], low) == pytest.approx(20, abs=1e-3)


def test_the_mean_of_the_negatives_is_easier_to_beat_than_the_best() -> None:
    picture = np.array([0.6, 0.8, 0], np.float32)
    texts = np.eye(3, dtype=np.float32)
    best, mean = (load_card({"against": against}) for against in ("best", "mean"))
    assert margin(picture, texts[0], texts[1:], best) == pytest.approx(-20, abs=1e-3)
    assert margin(picture, texts[0], texts[1:], mean) == pytest.approx(20, abs=1e-3)


def greenish(share: float, number: int, *, background: bool = True) -> Still:
    """Between red and green, with a little noise."""
    colour = [int(220 * share), int(220 * (1 - share)), 20]
    return still(colour, background=background, noise=number + 1)


def learnt(folder: Path, kept: Path, share: float, count: int = 80) -> ClipBrain:
    """A brain that has seen so many quiet pictures of this shade on camera `yard`."""
    brain = ClipBrain(folder=folder, learnt=kept)
    quiet = [greenish(share, number) for number in range(count)]
    shown = [
        question(still(GREEN), *quiet[at : at + 10], scope="yard") for at in range(0, count, 10)
    ]
    ask(brain, *shown)
    return brain


def test_a_camera_teaches_what_is_usual_there(pair: Path, tmp_path: Path) -> None:
    reddish = greenish(0.6, 200, background=False)
    fresh = ClipBrain(folder=pair, learnt=tmp_path / "fresh")
    assert ask_one(fresh, question(reddish, scope="yard")).ruling != "rejected"

    brain = learnt(pair, tmp_path / "kept", share=0.6)
    usual = ask_one(brain, question(reddish, scope="yard"))
    assert usual.ruling in ("rejected", "unsure")
    assert "by 80 quiet pictures" in usual.reason
    assert ask_one(brain, question(still(RED), scope="yard")).ruling == "confirmed"
    elsewhere = ask_one(brain, question(reddish, scope="gate"))
    assert "0 quiet pictures of this camera" in elsewhere.reason


def test_a_tinted_camera_confirms_what_an_unknown_one_cannot_be_sure_of(
    pair: Path, tmp_path: Path
) -> None:
    faint = greenish(0.45, 300, background=False)
    fresh = ClipBrain(folder=pair, learnt=tmp_path / "fresh")
    assert ask_one(fresh, question(faint, scope="yard")).ruling == "rejected"
    brain = learnt(pair, tmp_path / "kept", share=0.3)
    assert ask_one(brain, question(faint, scope="yard")).ruling == "confirmed"


def test_before_a_camera_is_known_more_is_unsure(pair: Path, tmp_path: Path) -> None:
    shades = np.linspace(0.3, 0.9, 25)
    looks = [
        question(greenish(share, at, background=False), scope="yard")
        for at, share in enumerate(shades.tolist())
    ]
    fresh = ClipBrain(folder=pair, learnt=tmp_path / "fresh")
    known = learnt(pair, tmp_path / "kept", share=0.5)
    unsure = [
        sum(reply.answer.ruling == "unsure" for reply in ask(brain, *looks))
        for brain in (fresh, known)
    ]
    assert unsure[0] > unsure[1]


def test_what_a_camera_taught_is_there_after_a_restart(pair: Path, home: Path) -> None:
    brain = ClipBrain(folder=pair)
    for _ in range(2):
        shown = question(still(GREEN), still(GREEN, background=True), scope="yard")
        # Asked again, as after a crash: the same picture teaches once.
        ask(brain, shown, shown)
    (file,) = (home / "quiet").iterdir()
    assert b"yard" not in file.read_bytes()
    (sketch,) = QuietStore(home / "quiet").read("yard").values()
    assert sketch.count == 2
    later = ask_one(ClipBrain(folder=pair), question(still(RED), scope="yard"))
    assert "2 quiet pictures" in later.reason


def test_other_weights_or_negatives_learn_anew(tmp_path: Path, home: Path) -> None:
    shown = question(still(GREEN), still(GREEN, background=True), scope="yard")
    ask(ClipBrain(folder=random_pair(tmp_path / "a", seed=1)), shown)
    ask(ClipBrain(folder=random_pair(tmp_path / "b", seed=2)), shown)
    claims = (Claim(texts=("red",), negatives=("nothing",)),)
    ask(ClipBrain(folder=tmp_path / "b"), question(*shown.stills, claims=claims, scope="yard"))
    assert [one.count for one in QuietStore(home / "quiet").read("yard").values()] == [1, 1, 1]


def test_a_question_without_a_scope_teaches_nothing(pair: Path, home: Path) -> None:
    ask(ClipBrain(folder=pair), question(still(RED), still(GREEN, background=True)))
    assert not (home / "quiet").exists()


def test_numbers_of_a_preprocessor_file_are_applied(tmp_path: Path) -> None:
    image = {
        "file": "image.onnx",
        "width": 16,
        "height": 16,
        "mean": [0.5, 0.25, 0],
        "std": [0.5, 0.5, 1],
    }
    encoders = Encoders(colour_pair(tmp_path / "normed", image=image))
    found = encoders.picture(np.full((16, 16, 3), 255, np.uint8))
    wanted = np.array([1, 1.5, 1])
    assert found == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-5)


def test_int32_ids_lower_case_and_long_texts_are_put_up_with(tmp_path: Path) -> None:
    table = np.zeros((7, 3))
    table[3:] = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    folder = write_pair(
        tmp_path / "int32",
        pictures=image_graph(np.eye(3)),
        texts=text_graph(table, kind=onnx.TensorProto.INT32),
        words=tokenizer(COLOURS),
        text={"file": "text.onnx", "length": LENGTH, "lowercase": True},
    )
    encoders = Encoders(folder)
    assert encoders.text("RED") == pytest.approx(encoders.text("red"))
    # Cut off after ten words, and the mark of its end kept.
    assert encoders.text("red " * 50) == pytest.approx(np.array([10, 0, 1]) / np.sqrt(101))


def test_a_mask_tells_what_is_padding(tmp_path: Path) -> None:
    text = {
        "file": "text.onnx",
        "length": LENGTH,
        "pad": 5,
        "inputs": {"ids": "input_ids", "mask": "attention_mask"},
    }
    table = np.zeros((7, 3))
    table[4:] = np.eye(3)
    folder = write_pair(
        tmp_path / "masked",
        pictures=image_graph(np.eye(3)),
        texts=text_graph(table, masked=True),
        words=tokenizer(COLOURS),
        text=text,
    )
    assert Encoders(folder).text("red") == pytest.approx([1, 0, 0])


def test_an_encoder_that_answers_with_nothing_is_garbled(tmp_path: Path) -> None:
    with pytest.raises(BrainGarbled, match="no vector"):
        ask_one(ClipBrain(folder=broken_pair(tmp_path / "broken")), question(still(RED)))


def wrong_folders(folder: Path) -> dict[str, tuple[type[Exception], str]]:
    """What each mistake in a folder is answered with."""
    mistakes: dict[str, tuple[type[Exception], str]] = {}

    def mistake(name: str, error: type[Exception], text: str) -> Path:
        mistakes[name] = (error, text)
        return colour_pair(folder / name)

    (mistake("card", ConfigError, "card.yaml") / "card.yaml").unlink()
    (mistake("image", ModelError, "image.onnx") / "image.onnx").unlink()
    (mistake("garbage", ModelError, "text.onnx") / "text.onnx").write_text("no model")
    (mistake("tokens", ModelError, "tokenizer.json") / "tokenizer.json").write_text("{}")
    (mistake("no-tokens", ModelError, "tokenizer.json") / "tokenizer.json").unlink()
    onnx.save(
        text_graph(np.ones((7, 3)), masked=True),
        mistake("inputs", ModelError, "attention_mask") / "text.onnx",
    )
    onnx.save(text_graph(np.ones((7, 5))), mistake("size", ModelError, "differ") / "text.onnx")
    mistakes["output"] = (ModelError, "output 3")
    colour_pair(folder / "output", text={"file": "text.onnx", "length": LENGTH, "output": 3})
    mistakes["pixels"] = (ModelError, "image.onnx")
    colour_pair(folder / "pixels", image={"file": "image.onnx", "width": 32, "height": 32})
    return mistakes


def test_a_wrong_folder_is_said_in_one_line(tmp_path: Path) -> None:
    for name, (error, text) in wrong_folders(tmp_path).items():
        with pytest.raises(error, match=text) as caught:
            ask_one(ClipBrain(folder=tmp_path / name), question(still(RED)))
        assert len(str(caught.value).splitlines()) == 1, name


def test_without_a_tokenizer_library_it_is_said_what_to_install(
    pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ModelError, match=r"vigil-video\[brain-clip\]"):
        ask_one(ClipBrain(folder=pair), question(still(RED)))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": None}, "name: is missing"),
        ({"temprature": 1}, "did you mean 'temperature'"),
        ({"image": {"file": "../image.onnx"}}, "image.file"),
        ({"image": {"file": "i.onnx", "std": [0, 1, 1]}}, "image.std"),
        ({"text": {"file": "t.onnx", "inputs": {"idz": "x"}}}, "text.inputs"),
        ({"templates": {"en": ["no place"]}}, "templates.en"),
        ({"languages": ["fr"]}, "languages"),
        ({"score": "argmax"}, "score"),
        ({"logit_scale": -1}, "logit_scale"),
    ],
)
def test_a_wrong_card_is_told_where(tmp_path: Path, change: dict[str, object], where: str) -> None:
    folder = colour_pair(tmp_path / "wrong", **change)
    with pytest.raises(ConfigError) as caught:
        load_clip_card(folder)
    assert where in str(caught.value)
    assert str(folder / "card.yaml") in str(caught.value)


def test_a_card_with_two_mistakes_tells_both(tmp_path: Path) -> None:
    folder = colour_pair(tmp_path / "wrong", score="argmax", logit_scale=0)
    with pytest.raises(ConfigError) as caught:
        load_clip_card(folder)
    assert len(caught.value.problems) == 2


def test_who_waits_too_long_is_told_so(pair: Path) -> None:
    async def run() -> None:
        brain = ClipBrain(folder=pair, total_s=0.000_001)
        with pytest.raises(BrainUnavailable, match="no answer in"):
            await brain.ask(question(still(RED)), Judgement)
        await brain.close()

    asyncio.run(run())


def test_closing_it_frees_those_who_wait(pair: Path) -> None:
    async def run() -> list[object]:
        brain = ClipBrain(folder=pair)
        asked = [
            asyncio.ensure_future(brain.ask(question(still(RED)), Judgement)) for _ in range(4)
        ]
        await asyncio.sleep(0)
        await brain.close()
        return list(await asyncio.gather(*asked, return_exceptions=True))

    for found in asyncio.run(run()):
        assert isinstance(found, BrainError | Reply)


def test_it_can_be_named_in_a_file(pair: Path) -> None:
    brain = TypeAdapter(ClipBrain).validate_python({"folder": str(pair), "false_rate": 0.01})
    assert brain.model == "clip:clip"
    card = yaml.safe_load((pair / "card.yaml").read_text())
    assert card["logit_scale"] == 10.0
