"""A process that writes a growing clip of an event until it is killed, and says how far it is.

`python growing_writer.py HOME EVENT_ID START_S`
"""

import sys
import time
from pathlib import Path

import numpy as np
from store_values import a_step, an_event

from vigil.config.home import open_home
from vigil.core import Clip
from vigil.media.clip import ClipWriter
from vigil.media.encode import Encoder, H264Options
from vigil.store import EventStore, Retention, SteadyStore

RATE, KEY_EVERY = 10, 10


def main(folder: Path, event_id: str, start_s: float) -> None:
    home = open_home(folder)
    events = EventStore(home.database, home.clips)
    store = SteadyStore(events, Retention(events, reserve_mb=0), home.spill)
    store.start()
    options = H264Options(key_every=KEY_EVERY, repeat_headers=True, live=True)
    encoder = Encoder(source="gate", width=160, height=96, rate=RATE, options=options)
    packets = []
    for index in range(10_000):
        picture = np.full((96, 160, 3), index % 200, np.uint8)
        packets += encoder.encode(picture, start_s + index / RATE)
        if index == 30:
            uri = f"clip:local/{event_id}"
            writer = ClipWriter(home.clip_file(uri, start_s))
            made = writer.begin(packets)
            clip = Clip(
                uri=uri,
                source="gate",
                start_s=start_s,
                end_s=made.end_s,
                size_bytes=made.size_bytes,
            )
            store.record(a_step(an_event(start_s, id=event_id)), clip)
        elif index > 30:
            writer.append(packets[-1])
            print(index, flush=True)
            time.sleep(0.005)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
