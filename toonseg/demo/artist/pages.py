"""A strip sliced in JPEG pages, as sites serve it: at arbitrary rows, some at another width."""

import io

import cv2
import numpy as np
from PIL import Image

from toonseg.demo.artist.effects import Pixels

# For each width of a strip: other widths of pages, and the step of rows at which their height is whole.
OTHER_WIDTHS = {690: ((460, 3), (1035, 2)), 720: ((480, 3), (1080, 2)), 800: ((600, 4), (1000, 4))}
_LOWEST, _TALLEST = 900, 1600
_QUALITY = 90


def slice_pages(strip: Pixels, name: str, rng: np.random.Generator) -> tuple[tuple[str, bytes], ...]:
    """Cut a strip (h, w, 3) in pages ``NAME_01.jpg`` and on, of 900 to 1,600 rows but for the last.

    One or two pages are of another width; scaled back to the strip's width each has exactly the rows
    that it was cut from.
    """
    width = strip.shape[1]
    edges = [0]
    while strip.shape[0] - edges[-1] > _TALLEST:
        edges.append(edges[-1] + int(rng.integers(_LOWEST, _TALLEST + 1)))
    scaled = rng.choice(
        np.arange(len(edges)), min(len(edges) - 1, 1 + int(rng.random() < 0.5)), replace=False
    )
    pages = []
    y0 = 0
    for number, _ in enumerate(edges):
        y1 = edges[number + 1] if number + 1 < len(edges) else strip.shape[0]
        others = OTHER_WIDTHS.get(width, ())
        if number in scaled and number + 1 < len(edges) and others:
            other, step = others[int(rng.integers(len(others)))]
            y1 = y0 + (y1 - y0) // step * step
            page = resize(strip[y0:y1], other)
        else:
            page = strip[y0:y1]
        pages.append((f"{name}_{number + 1:02d}.jpg", encode(page)))
        y0 = y1
    return tuple(pages)


def resize(picture: Pixels, width: int) -> Pixels:
    """Scale a picture to a width, its height in proportion and rounded."""
    height = round(picture.shape[0] * width / picture.shape[1])
    how = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


def encode(picture: Pixels) -> bytes:
    """JPEG bytes of a picture, quality 90, colour at half resolution."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=_QUALITY, subsampling=2)
    return file.getvalue()
