"""What the rules cost, and how often they are right.

    python -m benchmarks rules [--only accuracy|films|cost|replay] [--rule NAME]

`cost`: every rule of the package watches the same scenes of 50 things that walk about, half of
them people and half vehicles; the time is that of one new scene through all rules, one after
another, as a camera's do. `accuracy`: random
stories in true boxes, about half of them lures. `films`: rendered films through the whole watch.
`replay`: scenes of five tracks are recorded and seen again by all rules.
"""

# What was tried on the cost of 50 tracks, old and new in turns in one run (processor time; each
# left every event of 8270 runs of rules on stories as it was):
# - won, .77 together: one lookup by the settings of a rule instead of by its labels; feet and
#   places of everybody at once; who is seen again as before is not looked up anew; calls saved
#   for those who stand on their side, are on their way, stand upright or have no event open;
#   named tuples made without their function; arguments by place.
# - won after that, .82 together (.80 to .87, as the machine was busy): spots, paces and looks of
#   everybody in one loop; short lists instead of deques; one table of finer tiles; who is gone
#   worked out once for all who followed the same; an end told by one copy of its event instead of
#   three; neighbours by their feet before their boxes.
# - won after that, .94 of the time once zones were known, and .85 of the instructions before that
#   (cachegrind: 7.83 to 6.67 million a look): what is inside a zone told of all tiles at once when
#   somebody first asks; who stood where remembered once for two rules; speeds, feet, sides of
#   lines and places along ways of everybody in one loop each; an event that is over at once made
#   once; who is seen kept in the order of the tracks.
# - lost: places in picture heights remembered by box (a box's hash costs more than the product);
#   Python's collector (it ran once in 380 looks, so there is nothing to save); ids of an event
#   compared as sets before they are joined (no quicker, and ids that stand twice stay twice).

import argparse
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from importlib.metadata import entry_points
from random import Random
from statistics import median

from pydantic import TypeAdapter

from benchmarks.report import Report
from benchmarks.rule_films import tell_films
from benchmarks.rule_replay import tell_replay
from benchmarks.rule_stories import modules, tell_accuracy
from vigil.core import Box, Health, Rule, Scene, Signals, StaticBlob, Track, View

WIDTH, HEIGHT, TRACKS, LOOKS_HZ = 1280, 720, 50, 2.0
WARM_UP = 20
"""Looks before the time is taken."""
ZONE = "0.2,0.3,0.8,0.3,0.9,1.0,0.1,1.0"
TAUGHT = {"algorithm"}
"""Judges pictures by what users taught it, not scenes."""
NEEDED = {
    "action": {"model": "action", "labels": ["fight"]},
    "line_crossing": {"line": "0.1,0.6,0.9,0.6"},
    "queue": {"line": "0.1,0.8,0.5,0.7,0.9,0.8"},
    "speed": {"lines": ["0.3,0,0.3,1", "0.8,0,0.8,1"], "distance_m": 20, "faster_than_kmh": 50},
    "wrong_way": {"lane": "0.1,0.9,0.5,0.6,0.9,0.3"},
}


def rules() -> dict[str, Rule]:
    """Every rule of the package, in the same zone."""
    made: dict[str, Rule] = {}
    for point in entry_points(group="vigil.rules"):
        if not point.value.startswith("vigil.") or point.name in TAUGHT:
            continue
        kind = point.load()
        has_zone = any(one.name == "zone" for one in fields(kind))
        settings = {**({"zone": ZONE} if has_zone else {}), **NEEDED.get(point.name, {})}
        made[point.name] = TypeAdapter(kind).validate_python(settings)
    return made


def crowded(looks: int, chance: Random, *, count: int = TRACKS) -> list[Scene]:
    """Scenes of things that walk about and turn at the edges; some are missed now and then."""
    places = [[chance.uniform(0, 1), chance.uniform(0.3, 1)] for _ in range(count)]
    speeds = [[chance.gauss(0, 0.05), chance.gauss(0, 0.03)] for _ in range(count)]
    scenes = []
    for look in range(looks):
        time_s, tracks = 1_750_000_000 + look / LOOKS_HZ, []
        for number, (place, speed) in enumerate(zip(places, speeds, strict=True)):
            for axis in (0, 1):
                place[axis] += speed[axis] / LOOKS_HZ
                if not 0.05 < place[axis] < 0.98:
                    speed[axis] *= -1
            if chance.random() < 0.05:
                continue
            x, y = place[0] * WIDTH, place[1] * HEIGHT
            person = number % 2 == 0
            half, high = (20, 110) if person else (60, 80)
            tracks.append(
                Track(
                    id=number,
                    label="person" if person else "car",
                    box=Box(x - half, y - high, x + half, y),
                    score=0.8,
                    first_seen_s=1_750_000_000,
                    last_seen_s=time_s,
                    hits=look + 1,
                )
            )
        scenes.append(
            Scene(
                source="gate", time_s=time_s, width=WIDTH, height=HEIGHT, tracks=tuple(tracks),
                signals=signals_of(tracks, chance), health=Health(), looked=True,
            )
        )  # fmt: skip
    return scenes


def signals_of(tracks: Sequence[Track], chance: Random) -> Signals:
    """What the senses tell of an ordinary picture."""
    blobs = tuple(
        StaticBlob(id=n, box=Box(90.0 * n, 300, 90.0 * n + 40, 350), since_s=1_750_000_000)
        for n in range(3)
    )
    return Signals(
        motion=0.05,
        brightness=110.0,
        static_blobs=blobs,
        view=View(contrast=40.0, sharpness=1.0, likeness=0.95),
        energy={track.id: chance.uniform(0, 20) for track in tracks},
    )


def milliseconds(scenes: Sequence[Scene]) -> float:
    """Mean time of one scene through all rules, after a few to warm up.

    Each scene is made anew, for what the first rule works out from it the others share; and gone
    after it, as a camera's are.
    """
    watching = list(rules().values())
    fresh = [replace(known) for known in reversed(scenes)]
    began_s = 0.0
    for number in range(len(scenes)):
        if number == WARM_UP:
            began_s = time.process_time()
        scene = fresh.pop()
        for rule in watching:
            rule.update(scene)
    return (time.process_time() - began_s) * 1000 / (len(scenes) - WARM_UP)


def each_milliseconds(scenes: Sequence[Scene]) -> dict[str, float]:
    """Median time of each rule; what rules share is told of the first who asks for it."""
    watching = rules()
    times: dict[str, list[float]] = {name: [] for name in watching}
    for known in scenes:
        scene = replace(known)
        for name, rule in watching.items():
            began_s = time.perf_counter()
            rule.update(scene)
            times[name].append((time.perf_counter() - began_s) * 1000)
    return {name: median(all_of_it[WARM_UP:]) for name, all_of_it in times.items()}


def tell_cost(report: Report, looks: int, repeats: int) -> None:
    """All rules on the same scenes, several times."""
    scenes = crowded(looks, Random(4))
    totals = [milliseconds(scenes) for _ in range(repeats)]
    costs = each_milliseconds(scenes)
    rows = [(name, f"{cost:.3f}") for name, cost in sorted(costs.items(), key=lambda x: -x[1])]
    report.table(f"one scene of {TRACKS} tracks", ("rule", "ms"), rows)
    report.say(
        f"all {len(costs)} rules: {min(totals):.2f} to {max(totals):.2f} ms, "
        f"median {median(totals):.2f}"
    )
    # The least, as timeit does: what else runs on the machine, and whoever shares its processor
    # with it, only adds to it.
    report.claim(
        f"cost: all rules on a scene of {TRACKS} tracks, processor time, least of {repeats} runs",
        min(totals), 1.0, "ms", better="lower",
    )  # fmt: skip
    report.claim(
        f"cost: all rules on a scene of {TRACKS} tracks, processor time, median",
        median(totals), 1.0, "ms", better="lower",
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks rules", description=__doc__)
    parser.add_argument("--only", choices=("accuracy", "films", "cost", "replay"))
    parser.add_argument("--rule", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--stories", type=int, default=200, help="random stories of each rule")
    parser.add_argument("--films", type=int, default=20, help="rendered films of each rule")
    parser.add_argument("--first", type=int, default=0, help="seed of the first film")
    parser.add_argument("--jobs", type=int, default=1, help="processes that watch films")
    parser.add_argument("--looks", type=int, default=400, help="scenes in a run of the cost")
    parser.add_argument("--runs", type=int, default=15, help="times that the cost is taken")
    parser.add_argument("--hours", type=float, default=4, help="of recorded scenes")
    options = parser.parse_args()
    report = Report("rules")
    if options.only in (None, "cost") and not options.rule:
        tell_cost(report, options.looks, options.runs)
    if options.only in (None, "replay") and not options.rule:
        scenes = crowded(round(options.hours * 3600 * LOOKS_HZ), Random(6), count=5)
        tell_replay(report, scenes, list(rules().values()))
    if options.only in (None, "accuracy"):
        tell_accuracy(report, options.rule, options.stories)
    if options.only in (None, "films"):
        for name in modules("film", options.rule):
            seeds = range(options.first, options.first + options.films)
            tell_films(report, name, seeds, options.jobs)
            # Films take long: what was measured is kept if the next rule's are not waited for.
            report.write(part=True)
    return report.write(part=options.only is not None or bool(options.rule))
