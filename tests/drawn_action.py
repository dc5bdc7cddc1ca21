"""Strips of action, fantasy and school: slanting cuts, papers that change, windows, lettering, far bubbles.

Its groups go beside those of ``drawn_strips``, in the same form.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from drawn_art import (
    BLACK,
    WHITE,
    WORDS,
    Box,
    Colour,
    Picture,
    art,
    figure,
    framed,
    plain,
    put_text,
    speech,
    tone,
)
from drawn_other import line_ink, words

if TYPE_CHECKING:
    from drawn_strips import DrawnStrip

Add = Callable[["DrawnStrip"], None]
Point = tuple[int, int]

Layer = tuple[int, Colour | Picture]  # by how many pixels letters are grown, and their ink

SOUNDS = {"두근": 0.88, "가자!": 0.93, "BAM": 0.75, "왜": 0.93, "안돼": 0.92, "SLAM!": 0.78, "정말": 0.92}


def add_panels(strip: "DrawnStrip", rows: Picture, panels: list[Box]) -> None:
    """Add rows with the boxes of the panels on them."""
    y0 = strip.add(rows)
    strip.panels += [(x0, y0 + top, x1, y0 + bottom) for x0, top, x1, bottom in panels]


def add_box(strip: "DrawnStrip", canvas: Picture, truth: list[Box]) -> None:
    """Add rows of which the box of all that is drawn is the truth."""
    ys, xs = np.nonzero(np.abs(canvas.astype(int) - strip.paper(len(canvas))).max(axis=2) > 24)
    y0 = strip.add(canvas)
    truth.append((int(xs.min()), y0 + int(ys.min()), int(xs.max()) + 1, y0 + int(ys.max()) + 1))


# ---- a gutter from one side of the page to the other -----------------------------------------------------


def crossing(strip: "DrawnStrip") -> None:
    """Two or three panels that bleed over both sides, parted by slanting gutters alone."""
    rng = strip.rng
    edges: list[tuple[Point, Point]] = [((0, 0), (0, 0))]  # tops and bottoms of gutters, left and right
    for _ in range(int(rng.choice([1, 1, 2]))):
        y = max(edges[-1][1]) + int(rng.integers(240, 460))
        edges.append(slanting(rng, strip.width, y))
    end = max(edges[-1][1]) + int(rng.integers(240, 460))
    edges.append(((end, end), (end, end)))
    add_panels(strip, *parted(strip, edges, int(rng.choice([0, 0, 3]))))


def slanting(rng: np.random.Generator, width: int, y: int) -> tuple[Point, Point]:
    """Where a gutter's top and bottom edge, which are parallel or almost so, meet both sides below ``y``."""
    degrees, thick = rng.uniform(8, 20), int(rng.integers(22, 60))
    other = degrees if rng.integers(2) else np.clip(degrees + rng.uniform(-2, 2), 8, 20)
    top, bottom = (int(width * math.tan(math.radians(angle))) for angle in (degrees, other))
    bottom_y = y + thick + max(0, top - bottom)
    ends = (y, y + top), (bottom_y, bottom_y + bottom)
    return ends if rng.integers(2) else (ends[0][::-1], ends[1][::-1])


def parted(strip: "DrawnStrip", edges: list[tuple[Point, Point]], line: int) -> tuple[Picture, list[Box]]:
    """Rows with a picture between each two gutters, whose tops and bottoms are given at both sides."""
    rows, panels = plain(strip.width, edges[-1][0][0], strip.gutter), []
    last = strip.width - 1
    for (_, above), (below, _) in pairwise(edges):
        corners = np.array([(0, above[0]), (last, above[1]), (last, below[1] - 1), (0, below[0] - 1)])
        mask = cv2.fillPoly(np.zeros(rows.shape[:2], np.uint8), [corners], 1) > 0
        top, bottom = min(above), max(below)
        picture = rows.copy()
        picture[top:bottom] = art(strip.rng, strip.width, bottom - top)
        if line:
            cv2.polylines(picture, [corners], True, line_ink(strip), 2 * line - 1)
        rows[mask] = picture[mask]
        panels.append((0, top, strip.width, bottom))
    return rows, panels


# ---- a gutter whose colour changes all along ---------------------------------------------------------------


def colours_along(rng: np.random.Generator, rows: int = 40_000) -> Picture:
    """The colours (rows, 1, 3) of a paper that passes gradually, not quite evenly, from colour to colour."""
    stops = np.cumsum(rng.integers(3500, 7000, 12))
    colours = rng.integers(0, 256, (len(stops), 3))
    at = np.arange(rows) + 150 * np.sin(np.arange(rows) / rng.integers(300, 700))
    channels = np.stack([np.interp(at, stops - stops[0], channel) for channel in colours.T], axis=1)
    return cv2.blur(channels[:, None].astype(np.float32), (1, 301)).round().astype(np.uint8)


def on_paper(strip: "DrawnStrip", x0: int, width: int, height: int, line: int) -> None:
    """A panel on a row of its own, on whatever the gutter's colours are there."""
    rows = strip.paper(height)
    rows[:, x0 : x0 + width] = framed(art(strip.rng, width, height), line, line_ink(strip))
    add_panels(strip, rows, [(x0, 0, x0 + width, height)])


def broad(strip: "DrawnStrip") -> None:
    margin, height = int(strip.rng.integers(12, 80)), int(strip.rng.integers(260, 700))
    on_paper(strip, margin, strip.width - 2 * margin, height, int(strip.rng.choice([2, 3, 5])))


def narrow(strip: "DrawnStrip") -> None:
    rng = strip.rng
    width = int(rng.integers(200, 380))
    x0 = int(rng.integers(20, strip.width - width - 20))
    on_paper(strip, x0, width, int(rng.integers(260, 700)), int(rng.choice([2, 3])))


def tall(strip: "DrawnStrip") -> None:
    """A panel that hides the gutter for long, and bleeds over both sides or almost does."""
    margin, height = int(strip.rng.choice([0, 0, 16])), int(strip.rng.integers(900, 1800))
    on_paper(strip, margin, strip.width - 2 * margin, height, 3 if margin else 0)


def two_beside(strip: "DrawnStrip") -> None:
    rng = strip.rng
    height, gap, margin = int(rng.integers(260, 560)), int(rng.integers(12, 40)), int(rng.integers(12, 40))
    middle = strip.width // 2 + int(rng.integers(-80, 80))
    rows, boxes = strip.paper(height), []
    for x0, x1 in ((margin, middle - gap // 2), (middle + gap - gap // 2, strip.width - margin)):
        rows[:, x0:x1] = framed(art(rng, x1 - x0, height), 3, line_ink(strip))
        boxes.append((x0, 0, x1, height))
    add_panels(strip, rows, boxes)


def loose_figure(strip: "DrawnStrip") -> None:
    rng = strip.rng
    size = int(rng.integers(320, 640))
    canvas = strip.paper(size + 80)
    cx = int(rng.integers(strip.width // 3, 2 * strip.width // 3))
    figure(rng, canvas, cx, size + 40, size, bool(rng.integers(2)))
    add_box(strip, canvas, strip.panels)


# ---- windows of text -------------------------------------------------------------------------------------


def window(rng: np.random.Generator, width: int) -> Picture:
    """A window as games have it: graded paper, a title, a rule, an inner frame, some lines of text."""
    lines = int(rng.integers(2, 7))
    size, title, rim = int(rng.integers(22, 30)), int(rng.integers(30, 40)), int(rng.choice([10, 14, 18]))
    head, dark = rim + title + 34, bool(rng.integers(3))
    height = head + lines * 2 * size + rim + 24
    low, high = (10, 80) if dark else (195, 250)
    picture, ink = graded(height, width, tone(rng, low, high), tone(rng, low, high)), (BLACK, WHITE)[dark]
    if rng.integers(2):
        picture = glowing(picture, rng.uniform(0.3, 0.6))
    rule = tone(rng, 150, 255) if dark else tone(rng, 20, 120)
    if rng.integers(3):
        cv2.rectangle(picture, (rim, rim), (width - 1 - rim, height - 1 - rim), rule, int(rng.integers(1, 3)))
    cv2.line(picture, (2 * rim, head), (width - 1 - 2 * rim, head), rule, 2)
    put_text(picture, (0, rim, width, head), [" ".join(rng.choice(WORDS, 2))], title, ink)
    put_text(picture, (0, head, width, height - rim), words(rng, 3, lines), size, ink)
    return framed(picture, int(rng.integers(2, 6)), rule)


def graded(height: int, width: int, top: Colour, bottom: Colour) -> Picture:
    part = np.linspace(0, 1, height)[:, None, None]
    rows = np.array(top) * (1 - part) + np.array(bottom) * part
    return np.broadcast_to(rows, (height, width, 3)).round().astype(np.uint8).copy()


def glowing(picture: Picture, strength: float) -> Picture:
    """A picture with light that spreads from two of its corners."""
    height, width = picture.shape[:2]
    light = np.zeros((height, width), np.float32)
    for corner in ((0, 0), (width - 1, height - 1)):
        cv2.circle(light, corner, height // 5, 1.0, -1)
    light = cv2.GaussianBlur(light, (0, 0), height / 10)[..., None] * strength
    return np.asarray(picture * (1 - light) + np.array((210, 235, 255)) * light, np.uint8)


def window_alone(strip: "DrawnStrip") -> None:
    rng = strip.rng
    width = int(rng.integers(400, strip.width - 60))
    picture = window(rng, width)
    x0 = int(rng.integers(20, strip.width - width - 20))
    rows = plain(strip.width, len(picture), strip.gutter)
    rows[:, x0 : x0 + width] = picture
    y0 = strip.add(rows)
    strip.texts.append((x0, y0, x0 + width, y0 + len(picture)))


def in_frame(paint: Callable[[np.random.Generator, int, int], Picture]) -> Add:
    """A framed panel with such a picture in it."""

    def add(strip: "DrawnStrip") -> None:
        rng = strip.rng
        width, height = int(rng.integers(480, strip.width - 40)), int(rng.integers(520, 760))
        x0 = int(rng.integers(10, strip.width - width - 10))
        rows = plain(strip.width, height, strip.gutter)
        rows[:, x0 : x0 + width] = framed(paint(rng, width, height), 3, line_ink(strip))
        add_panels(strip, rows, [(x0, 0, x0 + width, height)])

    return add


def city(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Houses at night, with rows of windows of which many are lit."""
    picture = graded(height, width, tone(rng, 5, 40), tone(rng, 30, 90))
    x = -int(rng.integers(40))
    while x < width:
        house, top = int(rng.integers(110, 220)), int(height * rng.uniform(0.1, 0.5))
        wall, lit = tone(rng, 15, 60), (255, int(rng.integers(200, 245)), int(rng.integers(120, 190)))
        cv2.rectangle(picture, (x, top), (x + house, height), wall, -1)
        w, h = int(rng.integers(12, 22)), int(rng.integers(16, 30))
        for top_px in range(top + 16, height - h, 2 * h):
            for left in range(x + 12, x + house - w - 8, 2 * w):
                if rng.random() < 0.6:
                    cv2.rectangle(picture, (left, top_px), (left + w, top_px + h), lit, -1)
        x += house + int(rng.integers(0, 30))
    return picture


def before_window(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A picture in which somebody looks at a window of text."""
    picture = art(rng, width, height)
    figure(rng, picture, width // 3, height + 4, height // 2, False)
    pane = window(rng, int(width * rng.uniform(0.55, 0.7)))[: height - 60]
    y, x = 24, width - pane.shape[1] - 20
    picture[y : y + len(pane), x : x + pane.shape[1]] = pane
    return picture


def plain_room(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A plain wall, somebody's back of a head at the bottom, a lamp, and a bubble."""
    picture = plain(width, height, tone(rng, 120, 240))
    figure(rng, picture, int(width * rng.uniform(0.55, 0.75)), height + 4, height // 2, False)
    x = int(width * rng.uniform(0.6, 0.9))
    cv2.line(picture, (x, 0), (x, height // 5), (60, 50, 50), 4)
    cv2.ellipse(picture, (x, height // 5), (60, 40), 0, 180, 360, tone(rng, 20, 120), -1, cv2.LINE_AA)
    speech(rng, picture, width // 3, height // 3, int(width * 0.26), int(height * 0.14), kind=0)
    return picture


# ---- lettering ---------------------------------------------------------------------------------------------


def letter(canvas: Picture, at: Point, word: str, tall: int, angle: float, layers: list[Layer]) -> None:
    """Write a word of letters ``tall`` pixels tall around a point, turned, one layer on the other."""
    height, width = canvas.shape[:2]
    turn = cv2.getRotationMatrix2D(at, angle, 1.0)
    box = (at[0] - 400, at[1] - 400, at[0] + 400, at[1] + 400)
    for edge, ink in layers:
        mask = plain(width, height, BLACK)
        put_text(mask, box, [word], int(tall / SOUNDS[word]), WHITE, edge, WHITE)
        part = cv2.warpAffine(mask, turn, (width, height)).astype(np.float32) / 255
        canvas[:] = (canvas * (1 - part) + np.asarray(ink, np.float32) * part).round()


def sound(strip: "DrawnStrip", canvas: Picture, at: Point, least: int) -> None:
    """A sound in letters ``least`` to 360 pixels tall, a plain or graded fill in one or two outlines."""
    rng = strip.rng
    word = str(rng.choice([word for word in SOUNDS if len(word) * least < 0.8 * strip.width]))
    tall = int(rng.integers(least, max(least + 1, min(361, 0.8 * strip.width // len(word)))))
    line = max(3, int(tall * rng.uniform(0.02, 0.05)))
    outer, inner = line_ink(strip), tone(rng, 190, 256)
    fills = [distinct(rng, [outer, inner]) for _ in range(2)]
    fill = fills[0] if rng.integers(2) else graded(*canvas.shape[:2], fills[0], fills[1])
    layers: list[Layer] = [(line, outer), (0, fill)]
    if rng.integers(2):
        layers = [(2 * line, outer), (line, distinct(rng, [outer, fills[0], fills[1]])), (0, fill)]
    letter(canvas, at, word, tall, float(rng.uniform(-20, 20)), layers)


def distinct(rng: np.random.Generator, others: list[Colour]) -> Colour:
    """A colour that differs clearly from others."""
    while True:
        colour = tone(rng, 0, 256)
        if all(max(abs(a - b) for a, b in zip(colour, other, strict=True)) >= 90 for other in others):
            return colour


def sound_alone(strip: "DrawnStrip") -> None:
    canvas = strip.paper(640)
    sound(strip, canvas, (strip.width // 2, 320), 120)
    add_box(strip, canvas, strip.texts)


def head_alone(strip: "DrawnStrip") -> None:
    """A head or a bust without a frame, in a thick outline as of a sticker."""
    rng = strip.rng
    size = int(rng.integers(260, 460))
    canvas = strip.paper(size + 120)
    figure(rng, canvas, strip.width // 2, size + 60, size, False)
    drawn = (np.abs(canvas.astype(int) - strip.paper(len(canvas))).max(axis=2) > 24).astype(np.uint8)
    outline, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, outline, -1, line_ink(strip), int(rng.integers(4, 12)), cv2.LINE_AA)
    add_box(strip, canvas, strip.panels)


# ---- what lies across a wide gutter ------------------------------------------------------------------------


def far_bridge(strip: "DrawnStrip") -> None:
    """Two framed panels far apart, and a sound or bubbles from one to the other."""
    rng = strip.rng
    gap, kind = int(rng.integers(100, 300)), int(rng.integers(4))
    margin = int(rng.integers(20, 60)) if kind == 3 else int(rng.choice([0, 24, 50]))
    first, second = (int(v) for v in rng.integers(360, 600, 2))
    rows = strip.paper(first + gap + second)
    boxes = [(margin, 0, strip.width - margin, first), (margin, first + gap, strip.width - margin, len(rows))]
    for x0, y0, x1, y1 in boxes:
        rows[y0:y1, x0:x1] = framed(art(rng, x1 - x0, y1 - y0), int(rng.choice([2, 3])), line_ink(strip))
    y = first + gap // 2
    if kind == 0:
        sound(strip, rows, (strip.width // 2 + int(rng.integers(-60, 60)), y), gap + 60)
    for cx, a in bridges_at(rng, strip.width, kind):
        paper = WHITE if rng.random() < 0.6 else tone(rng, 170, 245)
        b = gap // 2 + int(rng.integers(24, 60))
        speech(rng, rows, cx, y, a, b, paper, kind=int(rng.choice([0, 0, 1])))
    add_panels(strip, rows, boxes)


def bridges_at(rng: np.random.Generator, width: int, kind: int) -> list[Point]:
    """The middle and half the width of one bubble on the page, of two, or of one at its edge."""
    a = int(rng.integers(110, 190))
    if kind == 1:
        return [(int(rng.integers(a + 60, width - a - 60)), a)]
    if kind == 2:
        return [(x + int(rng.integers(-20, 20)), a * 2 // 3) for x in (width // 4, 3 * width // 4)]
    return [(int(rng.choice([a - 50, width - a + 50])), a)] if kind == 3 else []


ACTION_TEXTS = ("windows", "outlined effects")  # groups of which every second drawing is a common panel
ACTION_GROUPS: dict[str, list[Add]] = {
    "crossing gutter": [crossing],
    "long gradient": [broad, narrow, narrow, tall, two_beside, loose_figure],
    "windows": [window_alone, window_alone, in_frame(city), in_frame(before_window), in_frame(plain_room)],
    "outlined effects": [sound_alone, sound_alone, head_alone],
    "far bridges": [far_bridge],
}
