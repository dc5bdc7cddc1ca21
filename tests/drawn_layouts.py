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


def room(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A wall with things that stand upright all through it, and a floor: it bleeds over all its sides."""
    rows = plain(width, height, tone(rng, 60, 200))
    x = int(rng.integers(5, 40))
    while x < width:
        thing = int(rng.integers(20, 90))
        rows[:, x : x + thing] = tone(rng, 20, 230)
        rows[:, x : x + 3] = rows[:, x + thing - 3 : x + thing] = (25, 20, 25)
        x += thing + int(rng.integers(10, 80))
    rows[int(0.8 * height) :] = tone(rng, 40, 120)
    return rows


def shaded(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A ground that passes from colour to colour from left to right."""
    ends = [tone(rng, 60, 190) for _ in range(2)]
    return np.ascontiguousarray(graded(width, height, *ends).swapaxes(0, 1))


def somebody(rng: np.random.Generator, rows: Picture) -> None:
    """A person in the foreground of a picture, whose lower edge cuts it off."""
    height, width = rows.shape[:2]
    cx, size = int(width * rng.uniform(0.35, 0.65)), int(height * rng.uniform(0.5, 0.7))
    figure(rng, rows, cx, height + 4, size, False)


def blinds(rng: np.random.Generator, width: int, height: int, gutter: Colour) -> Picture:
    """Somebody before bars that leave as much of the gutter's colour between them."""
    rows, shade = plain(width, height, gutter), shaded(rng, width, height)
    bar, gap = int(rng.integers(20, 50)), int(rng.integers(20, 50))
    for y in range(0, height, bar + gap):
        rows[y : y + bar] = shade[y : y + bar]
    rows[-bar:] = shade[-bar:]
    somebody(rng, rows)
    return rows


def speed_lines(rng: np.random.Generator, width: int, height: int, gutter: Colour) -> Picture:
    """Somebody before level lines, many of them in the gutter's colour, some from side to side."""
    rows = shaded(rng, width, height)
    y = 12
    while y < height - 24:
        thick = int(rng.integers(4, 16))
        start, stop = sorted(int(x) for x in rng.integers(0, width, 2))
        whole = rng.random() < 0.4
        rows[y : y + thick, slice(None) if whole else slice(0, stop)] = gutter
        if not whole and rng.random() < 0.7:
            rows[y : y + thick, start:] = gutter
        y += thick + int(rng.integers(6, 40))
    somebody(rng, rows)
    return rows


def striped(strip: "DrawnStrip") -> None:
    """A picture from side to side of the page, with stripes of the gutter's colour in it."""
    rng = strip.rng
    height = int(rng.integers(500, 900))
    kind = int(rng.integers(3))
    if kind:
        rows = (blinds if kind == 1 else speed_lines)(rng, strip.width, height, strip.gutter)
    else:
        rows = room(rng, strip.width, height)
        y = int(rng.integers(80, height // 2))
        rows[y : y + int(rng.integers(10, 50))] = strip.gutter
    add_panels(strip, rows, [(0, 0, strip.width, height)])


def sharp(strip: "DrawnStrip") -> None:
    """Two panels side by side, with corners that are far from right angles, over a third one."""
    rng, width, line = strip.rng, strip.width, int(strip.rng.integers(3, 6))
    lean, drop, gap = (int(rng.integers(*span)) for span in ((30, 110), (60, 170), (18, 28)))
    at, down, height = (
        int(width * rng.uniform(0.4, 0.6)),
        int(rng.integers(420, 600)),
        int(rng.integers(1000, 1300)),
    )
    slope = drop / width
    foot = at - lean
    left = [(0, 0), (at + lean, 0), (foot, int(down + slope * foot)), (0, down)]
    right = [
        (at + lean + gap, 0),
        (width, 0),
        (width, down + drop),
        (foot + gap, int(down + slope * (foot + gap))),
    ]
    below = [(0, down + gap), (width, down + drop + gap), (width, height), (0, height)]
    rows = plain(width, height + 1, strip.gutter)
    boxes = []
    for corners in (left, right, below):
        polygon = np.array(corners, np.int32)
        inside = cv2.fillPoly(np.zeros(rows.shape[:2], np.uint8), [polygon], 1) > 0
        rows[inside] = art(rng, width, height + 1)[inside]
        cv2.polylines(rows, [polygon], True, line_ink(strip), line, cv2.LINE_AA)
        ys, xs = np.nonzero(inside)
        boxes.append((int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1))
    add_panels(strip, rows, boxes)


LAYOUT_TEXTS = ("gradient captions", "columns of letters")  # as ``ACTION_TEXTS``
LAYOUT_GROUPS: dict[str, list[Add]] = {
    "gradient captions": [caption_alone, caption_alone, in_frame(plain_room)],
    "columns of letters": [bubble_of_columns],
    "thin gaps": [beside],
    "rules": [between_rules],
    "striped": [striped, in_frame(plain_room)],
    "sharp corners": [sharp],
}
