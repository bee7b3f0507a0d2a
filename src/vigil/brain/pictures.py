"""Pictures on their way to a model: JPEG, small enough, the same bytes for the same picture."""

import base64
import hashlib
from dataclasses import dataclass

import cv2

from vigil.core import Image, Still


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One still as it is sent."""

    id: str
    """The still's id and a hash of the bytes: a server may answer from what it kept under it."""
    caption: str
    jpeg: bytes
    width: int
    height: int

    @property
    def url(self) -> str:
        """The bytes themselves as a `data:` URL; an address elsewhere is never sent."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"


def encoded(still: Still, *, longest_px: int, quality: int) -> Picture:
    """Shrink a still to `longest_px` and encode it; takes milliseconds, so call it in a thread."""
    small = fitted(still.image, longest_px)
    done, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    assert done, "OpenCV writes JPEG"
    content = jpeg.tobytes()
    return Picture(
        id=f"{still.id}-{hashlib.sha256(content).hexdigest()[:16]}",
        caption=still.caption,
        jpeg=content,
        width=small.shape[1],
        height=small.shape[0],
    )


def fitted(image: Image, longest_px: int) -> Image:
    """The picture, no side longer than `longest_px`."""
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1.0:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
