"""The colours of the classes, and pictures of few colours as small PNG files."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RGB = tuple[int, int, int]
Picture = NDArray[np.uint8]

# The seven colours of Okabe and Ito, Color Universal Design (2008), without their black, which is the
# colour of line art, and the wine of Tol, Colour Schemes (2021): told apart with any colour vision.
CLASS_COLOURS: tuple[RGB, ...] = (
    (86, 180, 233),
    (204, 121, 167),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (136, 34, 85),
    (230, 159, 0),
)
BACKGROUND: RGB = (0, 0, 0)
INK: RGB = (32, 32, 36)
PAPER: RGB = (255, 255, 255)


def class_colour(class_id: int) -> RGB:
    """Colour of the class with this id (from 1); the ninth class has the first colour, darker, and so on.

    >>> class_colour(1), class_colour(9)
    ((86, 180, 233), (55, 115, 149))
    """
    darker, at = divmod(class_id - 1, len(CLASS_COLOURS))
    red, green, blue = (round(value * 0.64**darker) for value in CLASS_COLOURS[at])
    return red, green, blue


def label_palette(classes: int) -> list[RGB]:
    """Colours of a label map's values: 0 is the background, then a colour for each class id."""
    return [BACKGROUND, *(class_colour(class_id) for class_id in range(1, classes + 1))]


def text_colour(ground: RGB) -> RGB:
    """Ink or paper, whichever reads better on a ground of this colour."""
    red, green, blue = ground
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else PAPER


def indexed_png(indices: NDArray[np.uint8], palette: Sequence[RGB]) -> bytes:
    """Encode an (h, w) array of palette entries as a palette PNG; its values are read back as they are."""
    image = Image.fromarray(indices)
    image.putpalette([value for colour in palette for value in colour])
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def small_png(picture: Picture) -> bytes:
    """Encode an RGB (h, w, 3) picture as a PNG of 256 colours, a third of the size of the full one.

    The colours of classes, ink and paper are among them as they are; the others are chosen by frequency.
    """
    exact = [*CLASS_COLOURS, INK, PAPER]
    most = 256 - len(exact)
    # Dithering would only make the file larger.
    few = Image.fromarray(picture).quantize(most, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    chosen = np.array(few.getpalette() or [], np.uint8).reshape(-1, 3)[:most]
    indices = np.array(few)
    for at, colour in enumerate(exact, start=len(chosen)):
        indices[(picture == colour).all(axis=2)] = at
    palette = [(int(red), int(green), int(blue)) for red, green, blue in chosen]
    return indexed_png(indices, [*palette, *exact])
