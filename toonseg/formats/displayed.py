"""Pictures as labelling tools display them: turned as their Exif data asks. Pages are read as stored."""

import io
import struct

import numpy as np
from PIL import ExifTags, Image, ImageOps

from toonseg.images import Picture, decode, size

_ON_THEIR_SIDES = (5, 6, 7, 8)


def displayed(data: bytes, name: str) -> Picture:
    """Decode an image file as ``images.decode`` does, and turn it."""
    picture = Image.fromarray(decode(data, name))
    picture.getexif()[ExifTags.Base.Orientation] = _orientation(data)
    return np.array(ImageOps.exif_transpose(picture))


def displayed_size(data: bytes, name: str) -> tuple[int, int]:
    """Width and height of an image file, of which ``images.size`` gives those that are stored."""
    width, height = size(data, name)
    return (height, width) if _orientation(data) in _ON_THEIR_SIDES else (width, height)


def _orientation(data: bytes) -> int:
    """What the Exif data says, 1 (upright) where there is none or it is damaged: so browsers take it too."""
    with Image.open(io.BytesIO(data)) as image:
        try:
            return int(image.getexif().get(ExifTags.Base.Orientation, 1))
        except (SyntaxError, ValueError, TypeError, struct.error):
            return 1
