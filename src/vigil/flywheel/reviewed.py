"""What people said of an algorithm's events and samples, taken to the algorithm's own data set.

Of each picture the newest word counts: a review of its event, or the labels of the sample.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vigil.core import (
    NOTHING,
    Event,
    Label,
    Labeler,
    Labelled,
    Origin,
    Review,
    Ruling,
    Sample,
    SampleState,
    StoreError,
)
from vigil.data.formats import Files
from vigil.data.handing import labelled_from
from vigil.data.library import Library
from vigil.flywheel.algorithms import Algorithm
from vigil.flywheel.review import Labels, alone
from vigil.store import DecisionStore, EventStore, SampleStore, StoredSample

MOST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a person said of one picture."""

    sample: Sample
    labels: Labels
    """With words of the algorithm only."""
    origin: Origin
    """Of the word as a whole."""
    whole: bool
    """Whether it names all that is in the picture."""


def gather_reviewed(
    library: Library,
    samples: SampleStore,
    events: EventStore,
    algorithm: Algorithm,
) -> int:
    """Take in what is not in it yet; how many lines that were. Raises StoreError and DataError.

    A claim that was rejected is an example of the other of two words; of more words nobody knows
    which it is, and nothing is taken in. What was said before of the same picture is taken back.
    """
    told = [said for said in _told(samples, events, algorithm) if _is_there(samples, said.sample)]
    with alone(library.folder):
        known = _known(library)
        lines = [
            _line(said, known[said.sample.id])
            for said in told
            if not _says(known.get(said.sample.id), said)
        ]
        return library.add(lines, Files(root=samples.folder.path, carry="link"))


def _known(library: Library) -> defaultdict[str, list[Label]]:
    """What is believed of each sample that was ever taken in, by its id."""
    found: defaultdict[str, list[Label]] = defaultdict(list)
    for thing in library.lines():
        for label in thing.labels:
            found[_sample_of(label)].clear()
    for thing in library.things():
        for label in thing.labels:
            found[_sample_of(label)].append(label)
    return found


def _sample_of(label: Label) -> str:
    return label.id.partition("/")[0]


def _says(known: Sequence[Label] | None, said: Told) -> bool:
    """Whether the data set says just that already."""
    there = {label for label in said.labels if label.word != NOTHING}
    return known is not None and set(known) == there


def _told(samples: SampleStore, events: EventStore, algorithm: Algorithm) -> Iterator[Told]:
    decisions = DecisionStore(events.database)
    for stored in samples.queue(limit=MOST, state=None):
        event = _event_of(events, stored, algorithm)
        newest = None
        if event is not None:
            reviews = decisions.reviews([event.id]).get(event.id, ())
            newest = reviews[-1] if reviews else None
        labelled = stored.state is SampleState.LABELLED
        said = None
        if labelled and (newest is None or stored.updated_s >= newest.time_s):
            said = _by_labels(stored, algorithm.words, claimed=event is not None)
        elif event is not None and newest is not None and _stands_for(samples, stored, event):
            said = _by_review(stored.sample, event, newest, algorithm.words)
        if said is not None:
            yield said


def _event_of(events: EventStore, stored: StoredSample, algorithm: Algorithm) -> Event | None:
    """The event that it shows, if that is one of the algorithm's."""
    if stored.sample.event_id is None:
        return None
    found = events.event(stored.sample.event_id)
    mine = found is not None and found.event.algorithm == algorithm.name
    return found.event if found is not None and mine else None


def _stands_for(samples: SampleStore, stored: StoredSample, event: Event) -> bool:
    """Whether a word on the event is about this picture: later ones may show something else."""
    return samples.of_event(event.id)[0].sample.id == stored.sample.id


def _by_review(sample: Sample, event: Event, review: Review, words: Sequence[str]) -> Told | None:
    origin = _person(review.reviewer, review.time_s)
    word = event.label if event.label in words else words[0]
    if review.ruling is Ruling.REJECTED:
        word = words[1] if len(words) == 2 and word == words[0] else NOTHING
    elif review.ruling is Ruling.UNSURE:
        word = NOTHING
    shape = next((each.shape for each in sample.proposals if each.word == event.label), None)
    label = Label(word=word, shape=shape, origin=origin, id=f"{sample.id}/event")
    return Told(sample=sample, labels=(label,), origin=origin, whole=False)


def _by_labels(stored: StoredSample, words: Sequence[str], *, claimed: bool) -> Told | None:
    """`claimed`: an event of the algorithm shows it, so that what is not named is not there."""
    origin = _person(stored.reviewer, stored.updated_s)
    # Other algorithms have an "other", too.
    meant = words if claimed or len(words) > 2 else words[:1]
    labels = tuple(label for label in stored.labels if label.word in meant)
    if not labels and not claimed:
        return None
    if not labels and len(words) == 2:
        labels = (Label(word=words[1], origin=origin, id=f"{stored.sample.id}/other"),)
    return Told(sample=stored.sample, labels=labels, origin=origin, whole=True)


def _line(said: Told, known: Sequence[Label]) -> Labelled:
    """`known`: what its data set says of the picture until now."""
    kept = {label.id for label in said.labels}
    gone = [
        replace(label, word=NOTHING, origin=said.origin) for label in known if label.id not in kept
    ]
    settled = [Label(word=NOTHING, origin=said.origin)] if said.whole else []
    return labelled_from(said.sample, (*said.labels, *gone, *settled))


def _person(reviewer: str, time_s: float) -> Origin:
    return Origin(labeler=Labeler.HUMAN, by=reviewer, reviewer=reviewer, time_s=time_s)


def _is_there(samples: SampleStore, sample: Sample) -> bool:
    try:
        samples.picture(sample)
    except StoreError:
        return False
    return True
