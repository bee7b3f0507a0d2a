"""Samples of what came to light afterwards: what people said of events, and where judges differ.

Such an event is worth more than any that the watch could choose: somebody has found a mistake.
"""

import threading
from datetime import UTC, datetime

import structlog

from vigil.config.app import App
from vigil.config.home import Home
from vigil.core import (
    Clock,
    DiskFull,
    Event,
    Frame,
    Sample,
    StoreError,
    StoreUnavailable,
    SystemClock,
    uuid7,
)
from vigil.core.durable import write_durably
from vigil.pipeline.cases import Cases
from vigil.pipeline.dismissals import DismissalFolder
from vigil.pipeline.sample_desk import proposal
from vigil.pipeline.sample_writer import jpeg
from vigil.pipeline.snapshot import box_at, frame_of
from vigil.store import EventStore, SampleStore
from vigil.store.lesson_store import DISMISSED, Lesson, LessonStore

log = structlog.get_logger(__name__)
EVERY_S = 5.0
RECENT_S = 7 * 86_400.0
"""What was said longer ago has been told of, or its clip is as good as gone."""
WIDTH, QUALITY = 1280, 90


class Hindsight:
    """Looks every few seconds, in a thread of its own, for events that have become lessons.

    An event that the watch kept a picture of gets one reason more; of others the picture is cut
    from the clip, black where the camera's masks are now. People's word has no budget, and judges
    differ no more often than a large model is asked.
    """

    def __init__(
        self,
        store: EventStore,
        samples: SampleStore,
        app: App,
        *,
        home: Home,
        clock: Clock | None = None,
    ) -> None:
        self.taken = 0
        """Lessons since the start."""
        self._store = store
        self._samples = samples
        self._lessons = LessonStore(store.database)
        self._cases = Cases(store, app)
        self._clock = clock or SystemClock()
        self._folder = DismissalFolder(home)
        self._done: set[tuple[str, str]] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._work, name="hindsight", daemon=True)
        self._thread.start()

    def apply(self, app: App) -> None:
        """Cameras and their masks have changed."""
        self._cases.app = app

    def close(self) -> None:
        """Stop looking; what was begun is finished."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> int:
        """Take every lesson that is due now; how many. Raises StoreError."""
        since_s = self._clock.now_s() - RECENT_S
        due = [*self._lessons.due(since_s=since_s), *self._left_for_good()]
        return sum(self._take(lesson) for lesson in due if _key(lesson) not in self._done)

    def _left_for_good(self) -> list[Lesson]:
        """Of events that had ended before somebody dismissed their place, which no row tells."""
        ids = [each.event for each in self._folder.all() if each.for_good]
        lessons = [Lesson(event_id, "dismissed", DISMISSED) for event_id in ids]
        return [lesson for lesson in lessons if _key(lesson) not in self._done]

    def _work(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.look()
            except StoreError as error:
                log.warning("lessons wait until the database is back", reason=str(error))
            except Exception:
                # Whatever ails a clip, the others still have something to teach.
                log.exception("lessons not taken")

    def _take(self, lesson: Lesson) -> bool:
        known = self._samples.of_event(lesson.event_id)
        if any(lesson.reason in one.sample.reasons for one in known):
            self._done.add(_key(lesson))
            return False
        if known:
            self._samples.add_reason(known[0].sample.id, lesson.reason, lesson.score)
        else:
            try:
                sample = self._cut(lesson)
            except (StoreUnavailable, DiskFull):
                raise
            except (StoreError, OSError) as error:
                log.info("a lesson has no picture", event_id=lesson.event_id, reason=str(error))
                sample = None
            if sample is None:
                self._done.add(_key(lesson))
                return False
            self._samples.write([sample])
        self._done.add(_key(lesson))
        self.taken += 1
        return True

    def _cut(self, lesson: Lesson) -> Sample | None:
        """A sample of the event's moment, its picture on the disk. Raises StoreError, OSError."""
        stored = self._store.event(lesson.event_id)
        if stored is None:
            return None
        case = self._cases.case(stored)
        frame = frame_of(case.footage, case.event)
        return None if frame is None else self._kept(lesson, case.event, frame)

    def _kept(self, lesson: Lesson, event: Event, frame: Frame) -> Sample:
        image = frame.rgb(min(WIDTH, frame.width))
        height, width = image.shape[:2]
        picture = jpeg(image, QUALITY)
        sample_id = uuid7(frame.time_s)
        box = box_at(event, frame.time_s)
        day = datetime.fromtimestamp(frame.time_s, UTC).strftime("%Y-%m-%d")
        sample = Sample(
            id=sample_id,
            source=event.source,
            time_s=frame.time_s,
            path=f"{day}/{sample_id}.jpg",
            width=width,
            height=height,
            size_bytes=len(picture),
            score=lesson.score,
            reasons={lesson.reason: lesson.score},
            proposals=()
            if box is None or not event.label
            else (
                proposal(
                    f"{sample_id}/0",
                    event.label,
                    box,
                    width / frame.width,
                    None,
                    " ".join(event.cards) or event.rule,
                    frame.time_s,
                ),
            ),
            event_id=event.id,
        )
        file = self._samples.folder.path / sample.path
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(file, picture)
        return sample


def _key(lesson: Lesson) -> tuple[str, str]:
    return lesson.event_id, lesson.reason
