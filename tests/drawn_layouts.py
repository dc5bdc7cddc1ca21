"""Strips of many countries: captions on passing colours, columns of letters, thin gaps, rules for frames.

Its groups go beside those of ``drawn_strips``, in the same form.
"""

from typing import TYPE_CHECKING

import cv2
import numpy as np
from drawn_action import Add, add_box, add_panels, graded, in_frame, plain_room
from drawn_art import BLACK, WHITE, WORDS, Box, Colour, Picture, art, figure, framed, plain, put_text, tone
from drawn_other import line_ink, words

if TYPE_CHECKING:
    from drawn_strips import DrawnStrip


def columns(rng: np.random.Generator, canvas: Picture, box: Box, size: int, ink: Colour) -> None:
    """Write columns of letters, one below the other, from right to left in a box."""
    letters = "".join(rng.choice(WORDS, 12)).replace(" ", "")
    long = max(3, int((box[3] - box[1]) / (1.3 * size)) - int(rng.integers(2)))
    x = box[2]
    while x - 1.5 * size >= box[0]:
        column, letters = letters[:long], letters[long:]
        put_text(canvas, (int(x - 1.5 * size), box[1], x, box[3]), list(column), size, ink)
        x -= int(1.5 * size)


def caption(rng: np.random.Generator) -> Picture:
    """A box that passes from colour to colour, with a few words in lines or in columns."""
    dark = rng.random() < 0.5
    ends = [tone(rng, 10, 120) if dark else tone(rng, 150, 250) for _ in range(2)]
    ink, size = (WHITE if dark else BLACK), int(rng.integers(24, 34))
    if rng.random() < 0.5:
        picture = graded(int(rng.integers(220, 380)), int(size * 1.5 * rng.integers(2, 5)) + 30, *ends)
        columns(rng, picture, (15, 20, picture.shape[1] - 15, len(picture) - 20), size, ink)
    else:
        lines = words(rng, int(rng.integers(2, 4)), int(rng.integers(2, 4)))
        height, width = int(len(lines) * size * 1.4) + 50, int(max(map(len, lines)) * size * 0.9) + 60
        picture = graded(height, width, *ends)
        put_text(picture, (0, 0, width, height), lines, size, ink)
    return framed(picture, int(rng.choice([0, 2, 3])), ink)


def caption_alone(strip: "DrawnStrip") -> None:
    """A caption between the panels."""
    picture = caption(strip.rng)
    height, width = picture.shape[:2]
    x0 = int(strip.rng.integers(10, strip.width - width - 10))
    rows = plain(strip.width, height, strip.gutter)
    rows[:, x0 : x0 + width] = picture
    y0 = strip.add(rows)
    strip.texts.append((x0, y0, x0 + width, y0 + height))


def bubble_of_columns(strip: "DrawnStrip") -> None:
    """A tall bubble that holds one column of letters or two."""
    rng = strip.rng
    size, count = int(rng.integers(24, 34)), int(rng.integers(1, 3))
    a, b = int(size * (0.9 + 0.75 * count)), int(rng.integers(150, 230))
    canvas = strip.paper(2 * b + 40)
    cx = int(rng.integers(a + 20, strip.width - a - 20))
    paper, ink = (WHITE, BLACK) if rng.random() < 0.7 or sum(strip.gutter) < 200 else (BLACK, WHITE)
    for colour, line in ((paper, cv2.FILLED), (line_ink(strip), 3)):
        cv2.ellipse(canvas, (cx, b + 20), (a, b), 0, 0, 360, colour, line, cv2.LINE_AA)
    half = int(0.75 * size * count)
    columns(rng, canvas, (cx - half, 20 + b // 3, cx + half, 20 + 2 * b - b // 3), size, ink)
    add_box(strip, canvas, strip.texts)


def beside(strip: "DrawnStrip") -> None:
    """Two or three framed panels side by side, six to eight pixels apart, of which one may be two."""
    rng = strip.rng
    gap, margin, height = int(rng.integers(6, 9)), int(rng.integers(10, 30)), int(rng.integers(500, 900))
    middle = int(strip.width * rng.uniform(0.4, 0.6))
    split = int(height * rng.uniform(0.4, 0.6))
    boxes = [(margin, 0, middle, height)]
    right = (middle + gap, strip.width - margin)
    if rng.random() < 0.5:
        boxes += [(right[0], 0, right[1], split), (right[0], split + gap, right[1], height)]
    else:
        boxes += [(right[0], 0, right[1], height)]
    rows = plain(strip.width, height, strip.gutter)
    for x0, y0, x1, y1 in boxes:
        rows[y0:y1, x0:x1] = framed(art(rng, x1 - x0, y1 - y0), int(rng.integers(4, 7)), line_ink(strip))
    add_panels(strip, rows, boxes)


def between_rules(strip: "DrawnStrip") -> None:
    """A panel whose ground is the gutter's colour, with a line above it and one below from side to side."""
    rng = strip.rng
    height, line = int(rng.integers(420, 900)), int(rng.integers(3, 7))
    rows = plain(strip.width, height, strip.gutter)
    figure(
        rng, rows, int(strip.width * rng.uniform(0.3, 0.7)), height - 60, height - 140, bool(rng.integers(2))
    )
    rows[:line] = rows[-line:] = line_ink(strip)
    add_panels(strip, rows, [(0, 0, strip.width, height)])


LAYOUT_TEXTS = ("gradient captions", "columns of letters")  # as ``ACTION_TEXTS``
LAYOUT_GROUPS: dict[str, list[Add]] = {
    "gradient captions": [caption_alone, caption_alone, in_frame(plain_room)],
    "columns of letters": [bubble_of_columns],
    "thin gaps": [beside],
    "rules": [between_rules],
}
