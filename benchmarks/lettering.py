"""Words in pictures: how many of those that somebody may hold into a camera are found.

Texts of both languages, whole and cut short, from 8 pixels high, on paper, without, faint, tilted
and coarsely encoded, are written into rendered views and real ones. `--fit` fits the weights anew,
on half of the places and films, and writes them into the package; the other half is measured.
Real views are cut so that the clock and name of their camera are left out.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from random import Random

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int64

from benchmarks.footage import DATA
from benchmarks.report import Report
from vigil.core import Box, Image
from vigil.sim.acts import PLACES
from vigil.sim.lettering import written
from vigil.sim.overlays import ASSERTING, DENYING
from vigil.sim.render import Renderer
from vigil.sim.world import World
from vigil.stages.verify.lettering import FILE, rows_of, weighed, word_boxes

STILL = (448, 252)
OF_A_FILM = 3
"""Pictures."""
MOST_FILMS = 80
OVERLAYS = 340
"""Pictures with words for the fit, and as many to measure."""
MANNERS = ("plain", "paper", "faint")
FOUND = 0.5
"""Of the letters' pixels that lie in boxes."""
RIDGE = 5.0
FALSE_SHARE = 0.25
"""Of stills without words in which some are seen, for the fit: blurring them costs little."""
OTHER_TEXTS = ("2024-05-17 09:41:22", "CAM 03 ENTRANCE", "Exit only", "POLICE", "出口请勿停留")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks lettering")
    parser.add_argument("--fit", action="store_true", help="fit anew, before it is measured")
    options = parser.parse_args()
    report = Report("lettering")
    rendered, real = _rendered(), _real()
    if options.fit:
        fit(_flat([*rendered[::2], *real[::2]]), Random(11))
    held_out = {"rendered": _flat(rendered[1::2]), "real": _flat(real[1::2])}
    measure(report, held_out, Random(5))
    return report.write()


def _flat(groups: Sequence[Sequence[Image]]) -> list[Image]:
    return [view for group in groups for view in group]


def _rendered() -> list[list[Image]]:
    """Of each place."""
    places = []
    for where in PLACES.values():
        views: list[Image] = []
        for night in (False, True):
            world = World(site=where.site(night), seconds=1.0)
            picture = Renderer(world=world, camera=where.camera).picture(0.0)[0]
            views.append(_small(picture))
            height, width = picture.shape[:2]
            for x in (0, width // 2):
                for y in (0, height // 2):
                    views.append(_small(picture[y : y + height // 2, x : x + width // 2]))
        places.append(views)
    return places


def _real() -> list[list[Image]]:
    """The middle of some pictures of each film."""
    films = []
    for film in sorted([*DATA.glob("videos/*.mp4"), *DATA.glob("action/**/*.mp4")])[:MOST_FILMS]:
        views: list[Image] = []
        video = cv2.VideoCapture(str(film))
        count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        for n in range(OF_A_FILM):
            video.set(cv2.CAP_PROP_POS_FRAMES, int(count * (n + 0.5) / OF_A_FILM))
            done, picture = video.read()
            if done:
                height = picture.shape[0]
                middle = picture[int(0.16 * height) : int(0.84 * height)]
                views.append(_small(np.asarray(cv2.cvtColor(middle, cv2.COLOR_BGR2RGB), np.uint8)))
        video.release()
        films.append(views)
    return films


def _small(picture: Image) -> Image:
    height, width = picture.shape[:2]
    scale = min(STILL[0] / width, STILL[1] / height)
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


Worded = tuple[str, Image, Bool[np.ndarray, "h w"]]
"""How it is written, the picture, and where its letters are."""


def worded(views: Sequence[Image], chance: Random, count: int) -> Iterator[Worded]:
    """Pictures with words in them."""
    overlays = [one for one in (*DENYING, *ASSERTING) if one.drawable]
    texts = [one.text for one in overlays] + [one for one in OTHER_TEXTS if one.isascii()]
    for _ in range(count):
        text, view = chance.choice(texts), chance.choice(views)
        if chance.random() < 0.4:
            start = chance.randint(0, max(0, len(text) - 8))
            text = text[start : start + chance.randint(6, 14)].strip() or text
        manner = chance.choice(MANNERS)
        size_px = chance.uniform(8.0 if text.isascii() else 9.5, 24.0)
        at = (chance.uniform(0.2, 0.8), chance.uniform(0.1, 0.9))
        ink, paper = _colours(manner, chance)
        picture = written(view, text, at=at, size_px=size_px, ink=ink, paper=paper)
        bare = view
        if paper is not None:
            bare = written(view, text, at=at, size_px=size_px, ink=paper, paper=paper)
        if chance.random() < 0.3:
            manner, degrees = f"{manner}, tilted", chance.uniform(-8, 8)
            picture, bare = _tilted(picture, degrees), _tilted(bare, degrees)
        letters = np.abs(picture.astype(int) - bare).max(axis=2) > 25
        if chance.random() < 0.4:
            _, coarse = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])
            picture = np.asarray(cv2.imdecode(coarse, cv2.IMREAD_COLOR), np.uint8)
        small = ", to 11 px" if size_px < 11 else ""
        yield f"{manner}{small}", picture, letters


Colour = tuple[int, int, int]


def _colours(manner: str, chance: Random) -> tuple[Colour, Colour | None]:
    if manner == "plain":
        return chance.choice([(255, 255, 255), (255, 230, 60), (235, 30, 30)]), None
    if manner == "paper":
        paper = chance.choice([(235, 233, 225), (20, 20, 20), (40, 60, 140), (150, 40, 40)])
        return ((240, 240, 240) if sum(paper) < 400 else (20, 20, 20)), paper
    grey, by = chance.randint(75, 180), chance.choice((-1, 1)) * chance.randint(45, 75)
    return (grey + by,) * 3, (grey,) * 3


def _tilted(picture: Image, degrees: float) -> Image:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    done = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(done, np.uint8)


def _part(box: Box) -> tuple[slice, slice]:
    return np.s_[int(box.y1) : int(box.y2) + 1, int(box.x1) : int(box.x2) + 1]


# Fitting


def fit(views: Sequence[Image], chance: Random) -> None:
    """Write weights into the package."""
    traits, true, still = [], [], []
    for number, view in enumerate(views):
        for row in rows_of(view):
            traits.append(row.traits)
            true.append(0)
            still.append(number)
    negatives = len(traits)
    for _, picture, letters in worded(views, chance, OVERLAYS):
        ys, xs = np.nonzero(letters)
        for row in rows_of(picture):
            part, box = letters[_part(row.box)], row.box
            x, y = (box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2
            inside = len(xs) and xs.min() < x < xs.max() and ys.min() < y < ys.max()
            if inside and part.mean() > 0.08:
                traits.append(row.traits)
                true.append(1)
    values, truth = np.array(traits), np.array(true)
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    known = weighed((values - mean) / spread)
    by_trait = _logistic(known, truth)
    weight, of_still = known[:negatives] @ by_trait, np.array(still)
    highest = [weight[of_still == n].max(initial=-99.0) for n in range(len(views))]
    said = {
        "on": f"{len(views)} views, {OVERLAYS} pictures with words; `benchmarks.lettering`",
        "command": "python -m benchmarks lettering --fit",
        "mean": mean.round(4).tolist(),
        "spread": spread.round(4).tolist(),
        "by_trait": by_trait.round(4).tolist(),
        "least": round(float(np.quantile(highest, 1 - FALSE_SHARE)), 4),
    }
    FILE.write_text(json.dumps(said, indent=1) + "\n", "utf-8")


def _logistic(
    known: Float64[np.ndarray, "n weights"], truth: Int64[np.ndarray, "n"]
) -> Float64[np.ndarray, "weights"]:
    """Newton's method; both classes count the same."""
    share = truth.mean()
    each = np.where(truth == 1, 0.5 / share, 0.5 / (1 - share))
    found = np.zeros(known.shape[1])
    ridge = RIDGE * np.eye(len(found))
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(known @ found, -30, 30)))
        slope = known.T @ (each * (chance - truth)) + RIDGE * found
        bend = (known * (each * chance * (1 - chance) + 1e-6)[:, None]).T @ known + ridge
        found -= np.linalg.solve(bend, slope)
    return found


# Measuring


def measure(report: Report, views: dict[str, list[Image]], chance: Random) -> None:
    """By manner of writing, and stills without words."""
    every = [view for some in views.values() for view in some]
    shares: dict[str, list[float]] = {}
    for manner, picture, letters in worded(every, chance, OVERLAYS):
        covered = np.zeros(letters.shape, bool)
        for box in word_boxes(picture):
            covered[_part(box)] = True
        share = float((covered & letters).sum() / max(1, letters.sum()))
        shares.setdefault(manner, []).append(share)
    rows = [
        (f"words, {manner}", len(some), f"{np.mean(np.array(some) > FOUND):.3f}")
        for manner, some in sorted(shares.items())
    ]
    for name, some in views.items():
        seen = [bool(word_boxes(view)) for view in some]
        rows.append((f"no overlay, {name}", len(seen), f"{np.mean(seen) if seen else 0:.3f}"))
    report.table("words in pictures", ("picture", "pictures", "found"), rows)
    every_share = np.array([share for some in shares.values() for share in some])
    found = 100 * float((every_share > FOUND).mean())
    report.claim("overlays whose words are found, 8 to 24 px", found, 98, "%")


if __name__ == "__main__":
    raise SystemExit(main())
