"""The page of events and verdicts."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.pipeline.judged_events import happened, judged

from vigil.core import Outcome, VigilError
from vigil.pipeline.page import ShownEvent, write_page
from vigil.pipeline.score import scorecard


class Page(HTMLParser):
    """What a browser would find: tags with their attributes, and all text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    clips = tmp_path / "clips"
    clips.mkdir()
    (clips / "a b#1.mp4").touch()
    events = [
        judged(1, Outcome.CONFIRMED),
        judged(2, Outcome.REJECTED, rule="<script>alert(1)</script>"),
        judged(3, Outcome.UNVERIFIED),
    ]
    shown = [
        ShownEvent(judged=events[0], clip=clips / "a b#1.mp4", happened=True),
        ShownEvent(judged=events[1], poster=clips / "2.jpg", happened=False),
        ShownEvent(judged=events[2]),
    ]
    path = tmp_path / "index.html"
    card = scorecard(events, [happened(1), happened(3), happened(7)])
    write_page(path, shown, title="The gate · 大门", card=card, missed=1, hint="brain: {…}")
    return Page(path)


def test_each_event_shows_its_clip_its_outcome_and_the_reason(page: Page) -> None:
    assert [one["class"] for one in page.of("article")] == ["confirmed", "rejected", "unverified"]
    assert [one["src"] for one in page.of("video")] == ["clips/a%20b%231.mp4"]
    assert [one["src"] for one in page.of("img")] == ["clips/2.jpg"]
    assert page.words.count("It looks so.") == 2
    assert "no clip · 无录像" in page.words
    assert "it did not happen · 并无其事" in page.words


def test_the_score_stands_below(page: Page) -> None:
    assert "false alarms removed · 去除的误报" in page.words
    assert page.words[page.words.index("false alarms removed · 去除的误报") - 1] == "1 / 1"
    assert page.of("svg")
    assert "brain: {…}" in page.words


def test_nothing_in_it_runs_or_is_fetched(page: Page) -> None:
    assert not page.of("script")
    assert not page.of("link")
    addresses = [value for _, found in page.tags for key, value in found.items() if key == "src"]
    assert not [address for address in addresses if address and "://" in address]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(VigilError, match="cannot be written"):
        write_page(tmp_path / "absent" / "index.html", [], title="x")
