"""Draw the pictures of the rules' pages: `python -m benchmarks rule_pictures`.

Each shows a zone or line as it is written in the file, and things as a rule sees them: boxes
whose lower edge has its middle where they stand. What the rule tells of is red. Rules about a
camera that shows nothing have strips of time instead, from left to right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs/rules/images"
WIDTH, HEIGHT = 480, 270
Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A box that stands at `at`; `to`: where it goes."""

    at: Place
    told: bool = False
    car: bool = False
    size: float = 1.0
    """Against a person; small things are as wide as they are high."""
    lies: bool = False
    low: bool = False
    """Crouches or sits."""
    to: Place | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    things: Sequence[Thing]
    zone: Sequence[Place] = ()
    lines: Sequence[Sequence[Place]] = ()
    """With an arrow at the end."""


SQUARE = ((0.15, 0.45), (0.85, 0.45), (0.95, 0.97), (0.05, 0.97))
POST = ((0.4, 0.4), (0.65, 0.4), (0.65, 0.97), (0.4, 0.97))
ROAD = ((0.4, 0.25), (0.6, 0.25), (0.97, 0.98), (0.03, 0.98))


def people(*places: Place, told: bool = True) -> tuple[Thing, ...]:
    return tuple(Thing(at=place, told=told) for place in places)


def cars(*places: Place) -> tuple[Thing, ...]:
    return tuple(Thing(at=place, told=True, car=True) for place in places)


PICTURES = {
    "presence": Picture(
        zone=SQUARE,
        things=(Thing(at=(0.45, 0.8), told=True), Thing(at=(0.93, 0.4)), Thing(at=(0.08, 0.5))),
    ),
    "line_crossing": Picture(
        lines=[((0.5, 0.35), (0.5, 0.95))],
        things=(
            Thing(at=(0.35, 0.75), to=(0.68, 0.75), told=True),
            Thing(at=(0.2, 0.9), to=(0.4, 0.9)),
        ),
    ),
    "loitering": Picture(
        zone=POST,
        things=(
            Thing(at=(0.5, 0.8), told=True),
            Thing(at=(0.15, 0.9), to=(0.9, 0.93)),
        ),
    ),
    "abandoned_object": Picture(
        things=(
            Thing(at=(0.4, 0.85), size=0.7, told=True),
            Thing(at=(0.5, 0.8), to=(0.85, 0.75)),
        ),
    ),
    "stopped_vehicle": Picture(
        zone=ROAD,
        things=(
            Thing(at=(0.58, 0.75), told=True, car=True),
            Thing(at=(0.42, 0.6), to=(0.35, 0.85), car=True),
        ),
    ),
    "action": Picture(
        zone=SQUARE,
        things=(
            Thing(at=(0.36, 0.85), told=True, lies=True),
            Thing(at=(0.44, 0.66), to=(0.38, 0.8)),
            Thing(at=(0.72, 0.8), low=True),
        ),
    ),
    "algorithm": Picture(
        things=(
            Thing(at=(0.66, 0.62), told=True, size=1.3),
            Thing(at=(0.25, 0.8), to=(0.4, 0.8)),
        ),
    ),
    "wrong_way": Picture(
        lines=[((0.05, 0.9), (0.55, 0.8), (0.6, 0.3))],
        things=(
            Thing(at=(0.6, 0.55), to=(0.56, 0.85), told=True, car=True),
            Thing(at=(0.2, 0.9), to=(0.42, 0.85), car=True),
        ),
    ),
    "crowd": Picture(
        zone=SQUARE,
        things=(
            *people((0.35, 0.8), (0.42, 0.75), (0.48, 0.85), (0.55, 0.78), (0.6, 0.88)),
            *people((0.9, 0.4), told=False),
        ),
    ),
    "count": Picture(
        zone=SQUARE,
        things=(
            *people((0.3, 0.8), (0.5, 0.9), (0.7, 0.7)),
            *people((0.93, 0.4), (0.1, 0.38), told=False),
        ),
    ),
    "absence": Picture(zone=POST, things=people((0.2, 0.85), (0.85, 0.8), told=False)),
    "queue": Picture(
        lines=[((0.1, 0.7), (0.75, 0.7), (0.85, 0.95))],
        things=(
            *people(*((0.14 + 0.1 * place, 0.72) for place in range(6))),
            Thing(at=(0.4, 0.98), to=(0.6, 0.98)),
        ),
    ),
    "jam": Picture(
        zone=ROAD,
        things=cars((0.5, 0.42), (0.45, 0.6), (0.58, 0.62), (0.4, 0.85), (0.63, 0.88)),
    ),
    "speed": Picture(
        lines=[((0.2, 0.45), (0.85, 0.45)), ((0.05, 0.85), (0.97, 0.85))],
        things=(Thing(at=(0.5, 0.5), to=(0.45, 0.92), told=True, car=True),),
    ),
    "fall": Picture(
        things=(
            Thing(at=(0.35, 0.85), told=True, lies=True),
            Thing(at=(0.62, 0.8), low=True),
            Thing(at=(0.8, 0.75)),
        ),
    ),
    "lying_still": Picture(
        zone=SQUARE,
        things=(
            Thing(at=(0.4, 0.85), told=True, lies=True),
            Thing(at=(0.65, 0.75), low=True),
            Thing(at=(0.78, 0.7)),
        ),
    ),
    "fight": Picture(
        things=(
            Thing(at=(0.38, 0.82), told=True, to=(0.42, 0.8)),
            Thing(at=(0.45, 0.84), told=True, to=(0.41, 0.86)),
            Thing(at=(0.75, 0.75)),
            Thing(at=(0.8, 0.76)),
        ),
    ),
    "removed_object": Picture(
        zone=SQUARE,
        things=(
            Thing(at=(0.45, 0.75), told=True, size=0.8),
            Thing(at=(0.62, 0.8), to=(0.85, 0.8)),
            Thing(at=(0.25, 0.8), size=0.8),
        ),
    ),
    "debris": Picture(
        zone=ROAD,
        things=(
            Thing(at=(0.45, 0.75), told=True, size=0.7),
            Thing(at=(0.7, 0.9), car=True),
            Thing(at=(0.08, 0.6), size=0.7),
        ),
    ),
    "thrown_object": Picture(
        lines=[((0.6, 0.3), (0.6, 0.97))],
        things=(
            Thing(at=(0.3, 0.85)),
            Thing(at=(0.36, 0.55), to=(0.5, 0.32), told=True, size=0.4),
            Thing(at=(0.5, 0.32), to=(0.75, 0.5), told=True, size=0.4),
            Thing(at=(0.75, 0.5), to=(0.85, 0.9), told=True, size=0.4),
        ),
    ),
    "ppe_missing": Picture(
        zone=SQUARE,
        things=(
            Thing(at=(0.35, 0.85), told=True),
            Thing(at=(0.65, 0.8)),
            Thing(at=(0.65, 0.575), size=0.5),
            Thing(at=(0.93, 0.42)),
        ),
    ),
    "shelf": Picture(
        zone=((0.3, 0.15), (0.8, 0.15), (0.8, 0.65), (0.3, 0.65)),
        things=(
            *(Thing(at=(0.36 + 0.1 * n, 0.32), size=0.8) for n in range(5)),
            *(Thing(at=(0.36 + 0.1 * n, 0.55), size=0.8) for n in (0, 2, 3, 4)),
            Thing(at=(0.46, 0.55), told=True, size=0.8),
            Thing(at=(0.42, 0.95)),
        ),
    ),
    "running": Picture(
        things=(
            Thing(at=(0.2, 0.85), to=(0.55, 0.85), told=True),
            Thing(at=(0.75, 0.75), to=(0.82, 0.75)),
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Rows of moments, places from 0 to 1; what is told of lies between two of them."""

    rows: Sequence[tuple[str, Sequence[float]]]
    told: tuple[float, float]


BEATS = [n / 24 for n in range(25)]
STRIPS = {
    "camera_offline": Strip(
        rows=[("packets", [at for at in BEATS if not 0.4 < at < 0.75])], told=(0.375, 0.75)
    ),
    "camera_clock": Strip(
        rows=[
            ("minutes here", BEATS[::4]),
            ("of the camera", [*BEATS[:9:4], *(at + 0.07 for at in BEATS[12:-1:4])]),
        ],
        told=(0.5, 0.57),
    ),
}


def strip_svg(strip: Strip) -> str:
    """The strip as text."""
    high = 50 + 40 * len(strip.rows)
    left, wide = 110, WIDTH - 130
    first, last = (left + wide * at for at in strip.told)
    parts = [
        _head(high),
        f'<rect width="{WIDTH}" height="{high}" fill="#e8ebee"/>',
        f'<rect x="{first:.1f}" y="20" width="{last - first:.1f}" height="{high - 40}" '
        'fill="#d7263d" fill-opacity="0.25" stroke="#d7263d" stroke-width="2"/>',
    ]
    for number, (name, moments) in enumerate(strip.rows):
        y = 45 + 40 * number
        parts.append(
            f'<text x="12" y="{y + 4}" font-family="sans-serif" font-size="13" '
            f'fill="#5c6770">{name}</text>'
        )
        parts += [
            f'<rect x="{left + wide * at - 2:.1f}" y="{y - 12}" width="4" height="24" '
            'fill="#5c6770"/>'
            for at in moments
        ]
    return "\n".join([*parts, "</svg>", ""])


def _head(high: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high}" '
        f'width="{WIDTH}" height="{high}">'
    )


def svg(picture: Picture) -> str:
    """The picture as text."""
    parts = [
        _head(HEIGHT),
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" '
        'markerHeight="6" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" '
        'fill="context-stroke"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#e8ebee"/>',
        f'<rect y="{HEIGHT * 0.3:.0f}" width="{WIDTH}" height="{HEIGHT * 0.7:.0f}" '
        'fill="#cfd6db"/>',
    ]
    if picture.zone:
        parts.append(
            f'<polygon points="{_points(picture.zone)}" fill="#2b7de9" fill-opacity="0.18" '
            'stroke="#2b7de9" stroke-width="2"/>'
        )
    parts += [_arrow(line, "#2b7de9", 3) for line in picture.lines]
    for thing in picture.things:
        parts += _drawn(thing)
    return "\n".join([*parts, "</svg>", ""])


def _drawn(thing: Thing) -> list[str]:
    near = 0.5 + 0.7 * thing.at[1]
    wide, high = (62 * near, 40 * near) if thing.car else (20 * near, 62 * near)
    if thing.size < 1:
        wide, high = 34 * near * thing.size, 34 * near * thing.size
    if thing.lies or thing.low:
        wide, high = (62 * near, 18 * near) if thing.lies else (28 * near, 34 * near)
    x, y = thing.at[0] * WIDTH, thing.at[1] * HEIGHT
    colour = "#d7263d" if thing.told else "#5c6770"
    parts = [
        f'<rect x="{x - wide / 2:.1f}" y="{y - high:.1f}" width="{wide:.1f}" '
        f'height="{high:.1f}" rx="3" fill="{colour}" fill-opacity="0.25" stroke="{colour}" '
        'stroke-width="2"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>',
    ]
    if thing.to is not None:
        parts.append(_arrow((thing.at, thing.to), colour, 2))
    return parts


def _arrow(line: Sequence[Place], colour: str, width: int) -> str:
    return (
        f'<polyline points="{_points(line)}" fill="none" stroke="{colour}" '
        f'stroke-width="{width}" marker-end="url(#tip)"/>'
    )


def _points(places: Sequence[Place]) -> str:
    return " ".join(f"{x * WIDTH:.1f},{y * HEIGHT:.1f}" for x, y in places)


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = {name: svg(picture) for name, picture in PICTURES.items()}
    drawn |= {name: strip_svg(strip) for name, strip in STRIPS.items()}
    for name, text in drawn.items():
        (FOLDER / f"{name}.svg").write_text(text, "utf-8")
        print(FOLDER / f"{name}.svg")
    return 0
