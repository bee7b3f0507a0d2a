"""Algorithms of users, in the file and in files of their own."""

from pathlib import Path

import pytest

from vigil.config import App, ConfigWatcher, changes, load, parse
from vigil.config.load import remove_algorithm, save_algorithm, saved_algorithm
from vigil.core import ConfigError, Severity
from vigil.stages.rules.algorithm import AlgorithmRule
from vigil.stages.rules.presence import Presence

FLAME = {"claim": "There is an open flame.", "claim_zh": "画面中有明火。", "version": 2}
CAMERAS = {"gate": {"source": "1.mp4"}, "yard": {"source": "2.mp4"}}


def app(**flame: object) -> App:
    return parse({"algorithms": {"flame": FLAME | flame}, "cameras": CAMERAS})


def rule_on(found: App, camera: str) -> AlgorithmRule | None:
    rules = [rule for rule in found.cameras[camera].rules if isinstance(rule, AlgorithmRule)]
    return rules[0] if rules else None


def test_an_algorithm_is_a_rule_on_the_cameras_that_it_names() -> None:
    assert rule_on(app(), "gate") is None
    on = app(cameras=["gate"], severity="high")
    rule = rule_on(on, "gate")
    assert rule is not None
    assert (rule.name, rule.algorithm, rule.version) == ("flame", "flame", 2)
    assert (rule.claim, rule.claim_zh) == (FLAME["claim"], FLAME["claim_zh"])
    assert rule.severity is Severity.HIGH
    # The camera is still watched for what it was watched for.
    assert isinstance(on.cameras["gate"].rules[0], Presence)
    assert rule_on(on, "yard") is None


def test_it_suspects_only_where_there_is_somebody_to_ask() -> None:
    def suspects(**top: object) -> bool:
        settings = {"flame": FLAME | {"cameras": ["gate"]}}
        rule = rule_on(parse({"algorithms": settings, "cameras": CAMERAS, **top}), "gate")
        assert rule is not None
        return rule.suspicions

    assert suspects(brain={"base_url": "http://127.0.0.1:9/v1", "model": "large"})
    assert not suspects()
    assert not suspects(brain="off")


def test_a_rule_of_the_cameras_own_says_what_differs_there() -> None:
    own = {"kind": "algorithm", "algorithm": "flame", "inertia": 5, "severity": "low"}
    settings = FLAME | {"cameras": ["gate"]}
    cameras = {"gate": {"source": "1.mp4", "rules": [own]}}
    found = parse({"algorithms": {"flame": settings}, "cameras": cameras})
    (rule,) = found.cameras["gate"].rules
    assert isinstance(rule, AlgorithmRule)
    assert (rule.name, rule.inertia, rule.severity) == ("flame", 5, Severity.LOW)
    assert rule.claim == FLAME["claim"]


def test_phrases_may_be_english_alone_and_questions_expect_yes() -> None:
    found = app(
        questions=[
            "Are there flames?",
            {"en": "Is it a lamp?", "zh": "是灯吗？", "expects": False},
        ],
        prompts=["burning flames"],
        negative_prompts=[{"en": "a red lamp", "zh": "红灯"}],
    ).algorithms["flame"]
    assert [(one.both, one.expects) for one in found.questions] == [
        (("Are there flames?", ""), True), (("Is it a lamp?", "是灯吗？"), False),
    ]  # fmt: skip
    assert found.negative_prompts[0].both == ("a red lamp", "红灯")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"stage": "graduated"}, "another stage only through promote"),
        ({"stage": "cascade"}, "allowed: trial"),
        ({"stage": "done"}, "'done'"),
        ({"cameras": ["gat"]}, "no such camera; did you mean 'gate'?"),
        ({"version": 0}, "version"),
        ({"claim": ""}, "claim"),
        ({"promts": []}, "did you mean 'prompts'?"),
        ({"questions": [{"zh": "?"}]}, "questions[0].en"),
    ],
)
def test_mistakes_are_told(settings: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        app(**settings)
    (problem,) = caught.value.problems
    assert problem.startswith("algorithms.flame")
    assert told in problem


def test_a_change_of_version_changes_its_cameras_and_one_of_words_the_judges() -> None:
    on = {"cameras": ["gate"]}
    assert changes(app(**on), app(**on, version=3)).changed == ("gate",)
    found = changes(app(), app(questions=["Are there flames?"]))
    assert (found.changed, found.algorithms, bool(found)) == ((), True, True)
    assert found.restart_needed == ()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vigil.yaml"
    path.write_text("cameras: {gate: {source: 1.mp4}}\n")
    return path


def test_a_file_of_its_own_is_taken_up_and_taken_away_again(file: Path) -> None:
    watcher = ConfigWatcher(file)
    written = save_algorithm(file, "flame", FLAME | {"cameras": ["gate"]})
    assert written == file.parent / "vigil.d/algorithms/flame.yaml"
    taken = watcher.poll()
    assert taken is not None
    assert rule_on(taken, "gate") is not None
    assert saved_algorithm(file, "flame") == FLAME | {"cameras": ["gate"]}
    remove_algorithm(file, "flame")
    gone = watcher.poll()
    assert gone is not None
    assert gone.algorithms == {}
    assert saved_algorithm(file, "flame") is None


def test_what_does_not_load_is_not_written(file: Path) -> None:
    with pytest.raises(ConfigError, match="no such camera"):
        save_algorithm(file, "flame", FLAME | {"cameras": ["yard"]})
    assert not (file.parent / "vigil.d").exists()


def test_a_name_never_leads_out_of_the_folder(file: Path) -> None:
    with pytest.raises(ConfigError, match="allowed: a-z"):
        save_algorithm(file, "../flame", FLAME)
    assert not (file.parent / "vigil.d").exists()


def test_what_belongs_to_the_hand_is_left_alone(file: Path) -> None:
    file.write_text("algorithms: {flame: {claim: Fire., version: 1}}\n")
    for change in (save_algorithm, lambda *_: remove_algorithm(file, "flame")):
        with pytest.raises(ConfigError, match="belongs to your hand"):
            change(file, "flame", FLAME)


def test_a_mistake_in_its_file_is_told_with_the_file(file: Path) -> None:
    written = save_algorithm(file, "flame", FLAME)
    written.write_text("claim: Fire.\nversion: none\n")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert caught.value.problems[0].startswith(f"{written}: version: ")
