"""Large models in this process. Runs where torch is: `pip install -e '.[brain-local]'`."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel
from tests.brain.helpers import QUESTION, Judgement

from vigil.brain.local import LocalBrain
from vigil.core import (
    BrainError,
    BrainGarbled,
    BrainUnavailable,
    ModelError,
    Question,
    Reply,
    Still,
    VigilError,
)


class Counted(BaseModel):
    people: int


def ask(brain: LocalBrain, *questions: Question, form: Any = Judgement) -> list[Reply[Any]]:
    async def run() -> list[Reply[Any]]:
        try:
            return [await brain.ask(one, form) for one in questions]
        finally:
            await brain.close()

    return asyncio.run(run())


def failing(brain: LocalBrain, error: type[VigilError], **settings: Any) -> VigilError:
    with pytest.raises(error) as caught:
        ask(brain, QUESTION, **settings)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


pytest.importorskip("torch", reason="torch is not installed; see the extra brain-local")
pytest.importorskip("transformers", reason="transformers is not installed; see brain-local")

from tests.brain.chat_models import FAMILIES, Family, chat_model  # noqa: E402


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chat_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_sees_pictures_without_torchvision(tmp_path: Path, family: Family) -> None:
    folder = chat_model(tmp_path / family, family)
    (reply,) = ask(LocalBrain(folder=folder), QUESTION)
    assert type(reply.answer) is Judgement
    assert reply.model == family
    assert reply.calls == 1
    assert reply.tokens_in > 100
    assert reply.tokens_out > 20


def test_the_same_question_gets_the_same_answer(made: Path) -> None:
    first, second = ask(LocalBrain(folder=made), QUESTION, QUESTION)
    assert first.answer == second.answer
    assert first.tokens_in == second.tokens_in


def test_pictures_change_what_the_model_says(made: Path) -> None:
    def of(level: int) -> Question:
        image = np.full((48, 64, 3), level, np.uint8)
        return Question(system="", text="?", stills=[Still(id="e", image=image)])

    said = {ask(LocalBrain(folder=made), of(level))[0].answer.reason for level in (0, 255)}
    assert len(said) == 2


def test_a_larger_picture_costs_more_up_to_the_longest_side(made: Path) -> None:
    def of(side: int) -> Question:
        image = np.zeros((side, side, 3), np.uint8)
        return Question(system="", text="?", stills=[Still(id="e", image=image)])

    brain = LocalBrain(folder=made, longest_px=64)
    small, at_most, shrunk = (one.tokens_in for one in ask(brain, of(32), of(64), of(640)))
    assert small < at_most == shrunk


def test_garbage_is_garbled_after_one_repair(made: Path) -> None:
    error = failing(LocalBrain(folder=made, forced=False), BrainGarbled)
    assert isinstance(error, BrainGarbled)
    assert error.calls == 2
    assert error.tokens_in > 100
    assert error.tokens_out > 0


def test_an_answer_that_cannot_be_forced_is_asked_for_in_words(made: Path) -> None:
    failing(LocalBrain(folder=made), BrainGarbled, form=Counted)


def test_who_waits_too_long_is_told_and_the_next_one_answered(made: Path) -> None:
    async def run() -> BrainError:
        brain = LocalBrain(folder=made)
        await brain.ask(QUESTION, Judgement)
        # A forced answer has some hundred tokens.
        brain.total_s = 0.05
        with pytest.raises(BrainUnavailable, match=r"no answer in 0\.05 s") as caught:
            await brain.ask(QUESTION, Judgement)
        brain.total_s = 100.0
        assert (await brain.ask(QUESTION, Judgement)).calls == 1
        await brain.close()
        return caught.value

    assert asyncio.run(run()).calls == 1


def test_who_asks_while_it_is_closed_is_told(made: Path) -> None:
    async def run() -> list[object]:
        brain = LocalBrain(folder=made)
        await brain.ask(QUESTION, Judgement)
        asked = [asyncio.ensure_future(brain.ask(QUESTION, Judgement)) for _ in range(3)]
        await asyncio.sleep(0)
        await brain.close()
        return list(await asyncio.gather(*asked, return_exceptions=True))

    assert {type(each) for each in asyncio.run(run())} == {BrainUnavailable}


def test_code_in_the_folder_is_never_run(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    shutil.copytree(made, folder)
    mark = tmp_path / "was-run"
    (folder / "theirs.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "theirs", "auto_map": {"AutoConfig": "theirs.Config"}}
    (folder / "config.json").write_text(json.dumps(config))
    failing(LocalBrain(folder=folder), ModelError)
    assert not mark.exists()


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.json", "preprocessor_config.json", "config.json"]
)
def test_a_damaged_file_is_said_in_one_line(made: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(made, folder)
    (folder / name).write_text("{nothing")
    assert str(folder) in str(failing(LocalBrain(folder=folder), ModelError))


def test_a_model_without_a_chat_template_is_refused(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mute"
    shutil.copytree(made, folder)
    (folder / "chat_template.jinja").unlink()
    assert "chat template" in str(failing(LocalBrain(folder=folder), ModelError))
