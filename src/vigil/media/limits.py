"""How much we are ready to open, decided before anything is decoded."""

from vigil.core import SourceRefused, part


@part
class Limits:
    """Caps for every input; the defaults let anything pass that a camera may honestly send."""

    pixels: int = 8192 * 8192
    """Of one picture."""
    seconds: float = 7 * 86_400.0
    """Length of a file as its container states it."""
    size_bytes: int = 1 << 40
    """Size of a file."""

    def check_picture(self, name: str, width: int, height: int) -> None:
        """Raise `SourceRefused` for a picture with too many pixels."""
        if width * height > self.pixels:
            raise SourceRefused(
                f"{name}: a picture of {width}x{height} has more than the allowed "
                f"{self.pixels} pixels"
            )

    def check_file(self, name: str, size_bytes: int, seconds: float | None) -> None:
        """Raise `SourceRefused` for a file that is too big or too long."""
        if size_bytes > self.size_bytes:
            raise SourceRefused(
                f"{name}: {size_bytes} bytes are more than the allowed {self.size_bytes}"
            )
        if seconds is not None and seconds > self.seconds:
            raise SourceRefused(
                f"{name}: {seconds:.0f} s are longer than the allowed {self.seconds:.0f} s"
            )
