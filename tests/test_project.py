"""What holds for the project as a whole: what it imports, needs, promises and says of itself."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from pathlib import Path

import pytest
from benchmarks.tables import PAGES, rewritten
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.main import get_command

import vigil
import vigil.core
from vigil.cli import app
from vigil.config.app import App, CameraConfig
from vigil.infer.shipped import CARD, FOLDER

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WEIGHTS = {".onnx", ".bin", ".tflite", ".pt", ".pth", ".safetensors", ".pkl", ".h5", ".xml"}
ALLOWED = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla Public License"
    r"|LGPL|Lesser General Public|Zlib|CC0"
)
REFUSED = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|(Affero )?General Public License)")


def files() -> Iterator[Path]:
    """Every file that belongs to the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("the project's files are listed by git, and this is no checkout")
    names = listed.stdout.decode().split("\0")
    yield from (ROOT / name for name in names if name and (ROOT / name).is_file())


def needed(name: str, extras: frozenset[str]) -> dict[str, str]:
    """The licence texts of a distribution and of all it needs here, by name."""
    found: dict[str, str] = {}
    waiting = [(name, extras)]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        if one in done:
            continue
        done.add(one)
        try:
            about = distribution(one[0])
        except PackageNotFoundError:
            continue  # an option of somebody else's that nobody chose
        found[canonicalize_name(one[0])] = licence(about.metadata)
        for text in about.requires or ():
            need = Requirement(text)
            chosen = [{"extra": extra} for extra in (*one[1], "")]
            if need.marker is None or any(map(need.marker.evaluate, chosen)):
                waiting.append((need.name, frozenset(need.extras)))
    return found


def licence(metadata) -> str:
    """What a distribution says of its licence, shortest form first."""
    classifiers = [
        line.split("::")[-1].strip()
        for line in metadata.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    # Some write the whole text; its first lines name it.
    return metadata.get("License-Expression") or "; ".join(
        [*classifiers, (metadata.get("License") or "")[:80]]
    )


def shell_lines(readme: str) -> list[list[str]]:
    """The commands that a README tells to type, in words."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.DOTALL)
    lines = [line.split("#")[0].split() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_watch_never_opens_torch() -> None:
    code = (
        "import sys, vigil, vigil.cli, vigil.pipeline.watch, vigil.pipeline.supervisor\n"
        "from importlib.metadata import entry_points\n"
        "[part.load() for group in sorted(entry_points().groups) if group.startswith('vigil.')\n"
        " for part in entry_points(group=group)]\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    opened = set(asked.stdout.split())
    assert "vigil" in opened
    assert not opened & {"torch", "torchvision", "transformers"}


def test_commands_that_decide_nothing_do_not_wait_for_the_job_library() -> None:
    code = "import sys, vigil.cli, vigil.pipeline.call; print('dbos' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"


def test_the_base_install_needs_no_torch_and_nothing_needs_torchvision() -> None:
    names = needed("vigil-video", frozenset())
    assert {"av", "onnxruntime"} <= set(names)
    assert not set(names) & {"torch", "transformers", "accelerate"}
    assert "torchvision" not in needed("vigil-video", frozenset({"dev"}))


@pytest.mark.parametrize("name", sorted(needed("vigil-video", frozenset({"dev"}))))
def test_every_library_has_a_licence_that_allows_us(name: str) -> None:
    text = needed(name, frozenset())[name]
    assert ALLOWED.search(text), f"{name}: {text!r}"
    assert not REFUSED.search(text), f"{name}: {text!r}"


@pytest.mark.parametrize("text", ["GPL-2.0", "AGPLv3", "GNU Affero General Public License v3"])
def test_a_strong_copyleft_licence_would_be_refused(text: str) -> None:
    assert REFUSED.search(text)
    assert not REFUSED.search("LGPL-2.1; GNU Lesser General Public License v3")


def test_the_notice_tells_what_the_wheels_carry() -> None:
    notice = (ROOT / "NOTICE").read_text()
    assert all(word in notice for word in ("PyAV", "libx264", "GPL-2.0", "OpenCV", "LGPL-2.1"))


@pytest.mark.parametrize(
    ("group", "name"),
    [(group, name) for group, names in PROJECT["entry-points"].items() for name in names],
)
def test_every_entry_point_opens_its_part(group: str, name: str) -> None:
    (point,) = [one for one in entry_points(group=group) if one.name == name]
    assert isinstance(point.load(), type)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_module_says_what_it_is_for_and_fits_a_few_screens(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)) or not text.strip()
    assert len(text.splitlines()) <= 500


def test_few_files_are_long() -> None:
    long = [path.name for path in SOURCES if len(path.read_text("utf-8").splitlines()) > 400]
    assert len(long) <= 3, long


def test_no_file_is_large_and_the_only_models_are_those_that_ship_with_a_card() -> None:
    weights = [path for path in files() if path.suffix in WEIGHTS]
    assert all((path.parent / CARD).is_file() for path in weights), weights
    assert {path.parent.parent for path in weights} == {FOLDER}
    assert all(path.stat().st_size < 4_000_000 for path in weights), weights
    assert sum(path.stat().st_size for path in weights) < 6_000_000
    for path in set(files()) - set(weights):
        assert path.stat().st_size <= 1_000_000, path


def test_the_changelog_knows_the_version_or_what_comes_next() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0] == vigil.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", vigil.__version__)


def test_both_readmes_have_the_same_shape() -> None:
    def shape(name: str) -> list[str]:
        text = (ROOT / name).read_text("utf-8")
        # Words differ; headings, code, tables and pictures come in the same order.
        marks = re.findall(r"^(#+ |```\w*|- |\| `\w+|!\[)", text, re.MULTILINE)
        return marks

    assert shape(READMES[0]) == shape(READMES[1])
    commands = [[line[:2] for line in shell_lines(name)] for name in READMES]
    assert commands[0] == commands[1]


@pytest.mark.parametrize("name", READMES)
def test_what_a_readme_tells_to_type_exists(name: str) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = get_command(app).commands
    lines = shell_lines(name)
    assert {"make", "vigil"} == {line[0] for line in lines}
    for program, word, *rest in lines:
        if program == "make":
            assert word in targets
            continue
        command = known[word]
        command = getattr(command, "commands", {}).get(rest[0] if rest else "", command)
        options = {option for one in command.params for option in one.opts}
        assert {word for word in rest if word.startswith("--")} <= options


@pytest.mark.parametrize(
    "name", [*READMES, "docs/configuration.md", "docs/rules.md", "docs/models.md"]
)
def test_links_between_our_pages_lead_somewhere(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", sorted(PAGES))
def test_figures_are_those_that_benchmarks_wrote(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert rewritten(text, name) == text, "run `python -m benchmarks tables`"


def test_the_glossary_has_every_value_of_the_core_in_both_languages() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:4]]
        for line in (ROOT / "docs/glossary.md").read_text("utf-8").splitlines()
        if line.startswith("| ")
    ]
    words = {word.strip() for english, _, _ in rows for word in english.split(",")}
    values = "packet frame look detection track scene event step clip model\xa0card rung signals"
    assert {value.replace("\xa0", " ") for value in values.split(" ")} <= words
    for english, chinese, meaning in rows[2:]:
        assert re.search(r"[\u4e00-\u9fff]", chinese), english
        assert " · " in meaning, english


@pytest.mark.parametrize("kind", sorted(PROJECT["entry-points"]["vigil.rules"]))
def test_every_rule_is_in_the_readmes_and_in_its_page(kind: str) -> None:
    for name in (*READMES, "docs/rules.md"):
        assert f"`{kind}`" in (ROOT / name).read_text("utf-8"), name


@pytest.mark.parametrize("name", sorted(PROJECT["entry-points"]["vigil.rules"].values()))
def test_every_setting_of_a_rule_is_in_its_page(name: str) -> None:
    (rule,) = [p.load() for p in entry_points(group="vigil.rules") if p.value == name]
    page = (ROOT / "docs/rules.md").read_text("utf-8")
    assert [field.name for field in fields(rule) if f"`{field.name}`" not in page] == []


def test_every_setting_of_a_file_is_in_its_page() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    words = {*App.model_fields, *CameraConfig.model_fields} - {"name"}
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []


def test_every_known_model_is_in_its_page() -> None:
    page = (ROOT / "docs/models.md").read_text("utf-8")
    cards = (ROOT / "src/vigil/infer/known").glob("*.yaml")
    assert [card.stem for card in cards if f"`{card.stem}`" not in page] == []
