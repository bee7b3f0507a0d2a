"""The decoding half of a watch: as few pictures of one camera as it can do with."""

from collections.abc import Iterator
from dataclasses import replace

from vigil.core import Box, Encoding, Frame, Image, Luma, Packet
from vigil.media.decoding import Decoder
from vigil.media.ring import PacketRing


class _LetGo:
    """The pixels of a frame that nobody is to look at."""

    def luma(self, width: int, height: int) -> Luma:
        raise ValueError("this picture was let go")

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        raise ValueError("this picture was let go")


LET_GO = _LetGo()


def let_go(frame: Frame) -> Frame:
    """The same moment without its pixels, which may then be freed."""
    return replace(frame, pixels=LET_GO)


class Pictures:
    """Decodes a key alone, or every packet; and goes back in the ring when asked to.

    `follow` each packet that has entered the ring before anything else is asked about it.
    """

    def __init__(self, ring: PacketRing) -> None:
        self.decoded = 0
        """Pictures until now."""
        self._ring = ring
        self._encoding: Encoding | None = None
        self._decoder: Decoder | None = None
        self._in_step = False  # the decoder has seen every packet since its key
        self._resume_s: float | None = None

    @property
    def goes_back(self) -> bool:
        """Whether what is decoded next begins at an older key."""
        return self._resume_s is not None

    def follow(self, packet: Packet) -> bool:
        """Take notice of the stream's next packet; True when the stream began anew."""
        if packet.encoding is self._encoding:
            return False
        self._encoding = packet.encoding
        self._decoder = Decoder(packet.encoding, fast=False)
        self.skip()
        return True

    def skip(self) -> None:
        """Packets are missing: what comes next is decodable from its next key only."""
        self._in_step = False
        self._resume_s = None

    def go_back(self, from_s: float) -> None:
        """Decode again from the key of that time; what the ring still holds is not lost."""
        self._in_step = False
        self._resume_s = from_s

    def alone(self, key: Packet) -> Frame | None:
        """The picture of one key packet; None when it is broken."""
        assert self._decoder is not None
        self._in_step = False
        frame = self._decoder.decode_alone(key)
        self.decoded += frame is not None
        return frame

    def all(self, packet: Packet) -> Iterator[Frame]:
        """The pictures that this packet completes, and before them all that lead up to it."""
        assert self._decoder is not None
        for each in self._due(packet):
            for frame in self._decoder.decode(each):
                self.decoded += 1
                yield frame

    def _due(self, packet: Packet) -> list[Packet]:
        if self._in_step:
            return [packet]
        assert self._decoder is not None
        start_s = packet.time_s if self._resume_s is None else self._resume_s
        packets = [p for p in self._ring.since_key(start_s) if p.encoding is self._encoding]
        self._decoder.reset()
        self._in_step = bool(packets)
        self._resume_s = None
        return packets
