"""What colour it is; needs no model."""

from typing import ClassVar

from vigil.core import Crop, Reading, part
from vigil.stages.read.crop_reader import CropReader
from vigil.stages.read.paint import paint_of
from vigil.stages.read.settings import VEHICLES, Kind, Part, Words

LEAST_PX = 8
"""Sides of a crop below which the codec, not the thing, has mixed the colours."""


@part
class Colour(CropReader):
    """Reads black, grey, white, red, orange, yellow, green, blue, purple, brown or pink.

    `crop` is to show the thing itself: bonnet and doors of a vehicle. With another `name`, other
    `labels` and another `crop` it reads, say, what people wear. Limits: coloured light at night
    colours everything, and pictures by infrared lamps have no colour: greys are told.
    """

    USEFUL_PX: ClassVar[int] = 96

    name: Kind = "colour"
    labels: Words = VEHICLES
    crop: Part = (0.12, 0.25, 0.88, 0.8)
    min_score: float = 0.4

    def one(self, crop: Crop) -> Reading | None:
        if min(crop.image.shape[:2]) < LEAST_PX:
            return None
        paint = paint_of(crop.image)
        if paint.share < self.min_score:
            return None
        return Reading(self.kind, paint.word, paint.share)
