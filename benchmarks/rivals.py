"""How others watch: the same clip, the same detector file, each with its own policy.

Every loop yields the moments (seconds from the start) at which it saw something wanted.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime

SIZE = 416
PERSON, VEHICLES = 0, (2, 5, 7)
WANTED = (PERSON, *VEHICLES)


class PlainYolox:
    """YOLOX through ONNX Runtime the way its own examples do it, with the library's defaults."""

    def __init__(self, path: Path, *, tuned: bool = False) -> None:
        options = onnxruntime.SessionOptions()
        if tuned:
            options.intra_op_num_threads = 1
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        grids, strides = [], []
        for stride in (8, 16, 32):
            cells = SIZE // stride
            ys, xs = np.mgrid[:cells, :cells]
            grids.append(np.stack([xs, ys], -1).reshape(-1, 2))
            strides.append(np.full((cells * cells, 1), stride))
        self._grid, self._stride = np.concatenate(grids), np.concatenate(strides)

    def __call__(
        self, bgr: np.ndarray, *, score: float = 0.3
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes (n, 4) in pixels of `bgr`, scores and COCO class numbers."""
        ratio = min(SIZE / bgr.shape[0], SIZE / bgr.shape[1])
        small = cv2.resize(bgr, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_LINEAR)
        canvas = np.full((SIZE, SIZE, 3), 114, np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small[:SIZE, :SIZE]
        tensor = np.ascontiguousarray(canvas.transpose(2, 0, 1), np.float32)[None]
        raw = self._session.run(None, {self._input: tensor})[0][0]
        scores = raw[:, 4:5] * raw[:, 5:]
        classes, best = scores.argmax(1), scores.max(1)
        keep = (best >= score) & np.isin(classes, WANTED)
        centre = (raw[keep, :2] + self._grid[keep]) * self._stride[keep]
        size = np.exp(raw[keep, 2:4]) * self._stride[keep]
        boxes = np.concatenate([centre - size / 2, centre + size / 2], 1) / ratio
        kept = cv2.dnn.NMSBoxes(
            np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1).tolist(),
            best[keep].tolist(),
            score,
            0.5,
        )
        order = np.array(kept, int).reshape(-1)
        return boxes[order], best[keep][order], classes[keep][order]


def opencv_loop(path: Path, model: PlainYolox, *, seconds: float) -> Iterator[float]:
    """`cv2.VideoCapture`, and the detector on every frame."""
    capture = cv2.VideoCapture(str(path))
    rate = capture.get(cv2.CAP_PROP_FPS)
    for index in range(int(seconds * rate)):
        ok, bgr = capture.read()
        if not ok:
            break
        if len(model(bgr)[0]):
            yield index / rate
    capture.release()


def supervision_loop(path: Path, model: PlainYolox, *, seconds: float) -> Iterator[float]:
    """The same with supervision's detections, a ByteTrack and a zone."""
    import supervision as sv  # noqa: PLC0415  slow to import, and this rival's own
    from trackers import ByteTrackTracker  # noqa: PLC0415

    info = sv.VideoInfo.from_video_path(str(path))
    tracker = ByteTrackTracker()
    corners = np.array([[0, 0], [info.width, 0], [info.width, info.height], [0, info.height]])
    zone = sv.PolygonZone(polygon=corners)
    for index, bgr in enumerate(sv.get_video_frames_generator(str(path))):
        if index >= seconds * info.fps:
            break
        boxes, scores, classes = model(bgr)
        seen = sv.Detections(
            xyxy=boxes.astype(np.float32).reshape(-1, 4), confidence=scores, class_id=classes
        )
        seen = tracker.update(seen)
        if zone.trigger(seen).any():
            yield index / info.fps


def frigate_policy(
    path: Path, model: PlainYolox, *, seconds: float = float("inf"), detect_rate: float = 5.0
) -> Iterator[float]:
    """Decode every frame; motion at 5 Hz on a picture 100 px high; detect the regions that move.

    The policy, not the program: no pipes between processes, no process per camera.
    """
    background: np.ndarray | None = None
    next_s = 0.0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            time_s = float(frame.time or 0.0)
            if time_s > seconds:
                break
            if time_s + 1e-6 < next_s:
                continue
            next_s += 1 / detect_rate
            plane = frame.planes[0]
            luma = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            width = round(frame.width * 100 / frame.height)
            small = cv2.resize(luma[:, : frame.width], (width, 100), interpolation=cv2.INTER_LINEAR)
            small = cv2.GaussianBlur(small, (3, 3), 0)
            if background is None:
                background = small.astype(np.float32)
            regions = _motion_boxes(small, background, frame.height / 100)
            cv2.accumulateWeighted(small, background, 0.05)
            if regions and _detect_regions(frame, regions, model):
                yield time_s


def _motion_boxes(small: np.ndarray, background: np.ndarray, scale: float) -> list[list[float]]:
    delta = cv2.absdiff(small, cv2.convertScaleAbs(background))
    _, mask = cv2.threshold(delta, 30, 255, cv2.THRESH_BINARY)
    mask = cv2.dilate(mask, None, iterations=1)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(each) for each in contours if cv2.contourArea(each) > 10]
    return [[x * scale, y * scale, (x + w) * scale, (y + h) * scale] for x, y, w, h in boxes]


def _detect_regions(frame: av.VideoFrame, boxes: list[list[float]], model: PlainYolox) -> bool:
    """One square region around all that moves, at least the model's size: one call."""
    x1, y1 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x2, y2 = max(b[2] for b in boxes), max(b[3] for b in boxes)
    side = max(1.2 * max(x2 - x1, y2 - y1), min(SIZE, frame.height))
    bgr = frame.to_ndarray(format="bgr24")
    left = int(np.clip((x1 + x2) / 2 - side / 2, 0, max(0, frame.width - side)))
    top = int(np.clip((y1 + y2) / 2 - side / 2, 0, max(0, frame.height - side)))
    crop = bgr[top : top + int(side), left : left + int(side)]
    return len(model(crop)[0]) > 0
