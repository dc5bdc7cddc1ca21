"""Strips drawn with their truth: one group for each thing that makes cutting hard.

``draw_strip(group, seed)`` gives pages as JPEG files, the boxes of the panels and those of the drawings of
text only. Nothing here is shared with the demo's artist or with the cutter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from drawn_action import ACTION_GROUPS, ACTION_TEXTS, colours_along
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
from drawn_layouts import LAYOUT_GROUPS, LAYOUT_TEXTS
from drawn_other import OTHER_GROUPS, line_ink


@dataclass
class DrawnStrip:
    """A strip being drawn downwards: its rows, and the truth in its pixels."""

    rng: np.random.Generator
    width: int
    gutter: Colour
    parts: list[Picture] = field(default_factory=list)
    height: int = 0
    panels: list[Box] = field(default_factory=list)
    texts: list[Box] = field(default_factory=list)
    colours: Picture | None = None  # (rows, 1, 3) of the gutter, if it changes all along

    def add(self, rows: Picture) -> int:
        """Add rows below; gives the row at which they begin."""
        y0 = self.height
        self.parts.append(rows)
        self.height += len(rows)
        self.gutter = tuple(int(v) for v in self.paper(1)[0, 0])
        return y0

    def paper(self, height: int) -> Picture:
        """Rows of nothing but gutter, as they would be next."""
        if self.colours is None:
            return plain(self.width, height, self.gutter)
        return np.repeat(self.colours[self.height : self.height + height], self.width, axis=1)

    def gap(self, low: int = 30, high: int = 160) -> None:
        """Add a gutter."""
        self.add(self.paper(int(self.rng.integers(low, high))))

    def picture(self) -> Picture:
        """All rows."""
        return np.concatenate(self.parts)


# ---- one drawing each ------------------------------------------------------------------------------


def add_panel(
    strip: DrawnStrip,
    width: int | None = None,
    height: int | None = None,
    x0: int | None = None,
    line: int | None = None,
    content: Callable[[np.random.Generator, int, int], Picture] = art,
    bubbles: int = 0,
) -> None:
    """A level panel on a row of its own."""
    rng, full = strip.rng, strip.width
    width = width or int(rng.integers(full // 2, full - 40))
    height = height or int(rng.integers(220, 800))
    x0 = x0 if x0 is not None else int(rng.integers(0, full - width + 1))
    line = line if line is not None else int(rng.choice([0, 1, 2, 3, 5]))
    ink = tone(rng, 0, 60) if sum(strip.gutter) > 380 else tone(rng, 150, 256)
    picture = framed(content(rng, width, height), line, ink)
    for _ in range(bubbles):
        speech(rng, picture, int(rng.integers(100, max(101, width - 100))), 90, 85, 50)
    rows = strip.paper(height)
    rows[:, x0 : x0 + width] = picture
    y0 = strip.add(rows)
    strip.panels.append((x0, y0, x0 + width, y0 + height))


def normal(strip: DrawnStrip) -> None:
    add_panel(strip, bubbles=int(strip.rng.integers(2)))


def bleeding(strip: DrawnStrip) -> None:
    rng = strip.rng
    kind = rng.integers(3)
    if kind == 0:
        add_panel(strip, width=strip.width, x0=0, line=0)
    else:
        width = strip.width - int(rng.integers(30, 200))
        add_panel(
            strip, width=width, x0=0 if kind == 1 else strip.width - width, line=int(rng.choice([0, 2]))
        )


def borderless(strip: DrawnStrip) -> None:
    rng = strip.rng
    full = bool(rng.integers(2))
    size = int(rng.integers(300, 640))
    canvas = plain(strip.width, size + 80, strip.gutter)
    figure(rng, canvas, int(rng.integers(strip.width // 3, 2 * strip.width // 3)), size + 40, size, full)
    _add_drawn(strip, canvas, strip.panels)


def _add_drawn(strip: DrawnStrip, canvas: Picture, truth: list[Box]) -> None:
    drawn = np.abs(canvas.astype(int) - strip.gutter).max(axis=2) > 24
    ys, xs = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    y0 = strip.add(canvas)
    truth.append((int(xs[0]), y0 + int(ys[0]), int(xs[-1]) + 1, y0 + int(ys[-1]) + 1))


def side_by_side(strip: DrawnStrip) -> None:
    rng = strip.rng
    gap, margin = int(rng.choice([8, 10, 16, 30])), int(rng.choice([0, 0, 20]))
    height, count = int(rng.integers(260, 560)), int(rng.choice([2, 2, 3]))
    cuts = np.linspace(margin, strip.width - margin, count + 1).round().astype(int)
    cuts[1:-1] += rng.integers(-40, 41, count - 1)
    rows = plain(strip.width, height, strip.gutter)
    y0 = strip.add(rows)
    for left, right in pairwise(cuts):
        a, b = (
            int(left + (gap // 2 if left != cuts[0] else 0)),
            int(right - (gap - gap // 2 if right != cuts[-1] else 0)),
        )
        rows[:, a:b] = framed(art(rng, b - a, height), int(rng.choice([0, 2, 3])), line_ink(strip))
        strip.panels.append((a, y0, b, y0 + height))


def stepped(strip: DrawnStrip) -> None:
    rng = strip.rng
    gap, margin = int(rng.choice([8, 12, 24])), int(rng.choice([0, 24]))
    middle = int(strip.width * rng.uniform(0.38, 0.62))
    heights = rng.integers(280, 560, 2)
    drop = int(rng.integers(60, 200))
    rows = plain(strip.width, int(max(heights[0], heights[1] + drop)), strip.gutter)
    y0 = strip.add(rows)
    for a, b, top, height in (
        (margin, middle - gap // 2, 0, heights[0]),
        (middle + gap - gap // 2, strip.width - margin, drop, heights[1]),
    ):
        rows[top : top + height, a:b] = framed(
            art(rng, b - a, int(height)), int(rng.choice([0, 2, 3])), line_ink(strip)
        )
        strip.panels.append((a, y0 + top, b, y0 + top + int(height)))


def slanted(strip: DrawnStrip) -> None:
    rng = strip.rng
    height, margin = int(rng.integers(320, 700)), int(rng.choice([0, 20, 60]))
    lean = rng.integers(-70, 71, 2)
    picture = art(rng, strip.width, height)
    quad = np.array(
        [
            (margin, max(0, lean[0])),
            (strip.width - 1 - margin, max(0, -lean[0])),
            (strip.width - 1 - margin, height - 1 - max(0, lean[1])),
            (margin, height - 1 - max(0, -lean[1])),
        ],
        np.int32,
    )
    mask = cv2.fillPoly(np.zeros((height, strip.width), np.uint8), [quad], 1)
    rows = np.where(mask[..., None] > 0, picture, np.uint8(strip.gutter)).astype(np.uint8)
    if rng.integers(2):
        cv2.polylines(rows, [quad], True, BLACK, 3, cv2.LINE_AA)
    y0 = strip.add(rows)
    strip.panels.append((margin, y0, strip.width - margin, y0 + height))


def night(strip: DrawnStrip) -> None:
    def dark(rng: np.random.Generator, width: int, height: int) -> Picture:
        picture = art(rng, width, height).astype(np.float32)
        return np.asarray(24 + picture / 255 * int(rng.integers(14, 60)), np.uint8)

    rng = strip.rng
    wide = bool(rng.integers(2))
    add_panel(strip, content=dark, line=0, **({"width": strip.width, "x0": 0} if wide else {}))


def stripe(strip: DrawnStrip) -> None:
    """A framed panel through which a stripe of the gutter's colour runs from frame to frame."""

    def striped(rng: np.random.Generator, width: int, height: int) -> Picture:
        picture = art(rng, width, height)
        y = int(rng.integers(60, height - 100))
        picture[y : y + int(rng.integers(10, 60))] = strip.gutter
        return picture

    margin = int(strip.rng.choice([0, 12, 40]))
    add_panel(
        strip, content=striped, line=int(strip.rng.choice([2, 3])), width=strip.width - 2 * margin, x0=margin
    )


def flat_sky(strip: DrawnStrip) -> None:
    """A bleeding panel whose upper part, floor or wall is of one colour, or that has a bar across it."""
    kind = int(strip.rng.integers(4))

    def scene(rng: np.random.Generator, width: int, height: int) -> Picture:
        paint = tone(rng, 60, 215)
        picture = plain(width, height, paint)
        if kind == 0:
            figure(rng, picture, width // 2, height + 4, int(height * 0.6), False)
        elif kind == 1:
            picture = art(rng, width, height)
            picture[: height // 3] = paint
        elif kind == 2:
            picture = art(rng, width, height)
            picture[height // 2 : height // 2 + int(rng.integers(20, 90))] = paint
        else:
            picture = art(rng, width, height)
            picture[-height // 3 :] = paint
        return picture

    add_panel(strip, width=strip.width, x0=0, line=0, height=int(strip.rng.integers(400, 800)), content=scene)


def pale(strip: DrawnStrip) -> None:
    """A panel without a line whose background is almost the gutter's colour."""

    def scene(rng: np.random.Generator, width: int, height: int) -> Picture:
        dark = sum(strip.gutter) < 380
        ends = [
            [abs(255 * dark - 255 + v) if not dark else v for v in rng.integers(6, 30, 3)] for _ in range(2)
        ]
        part = np.linspace(0, 1, height)[:, None, None] * int(rng.integers(2))
        rows = np.array(ends[0]) * (1 - part) + np.array(ends[1]) * part
        picture = np.broadcast_to(rows, (height, width, 3)).round().astype(np.uint8).copy()
        if rng.integers(2):
            figure(rng, picture, width // 2, height + 4, int(height * 0.8), False)
        else:
            box = (width // 3, height // 5, 2 * width // 3, 4 * height // 5)
            cv2.rectangle(picture, box[:2], box[2:], tone(rng), -1)
            cv2.rectangle(picture, box[:2], box[2:], (60, 50, 70), 8)
        return picture

    wide = {"width": strip.width, "x0": 0} if strip.rng.integers(2) else {}
    add_panel(strip, line=0, height=int(strip.rng.integers(320, 700)), content=scene, **wide)


def splash(strip: DrawnStrip) -> None:
    def tall(rng: np.random.Generator, width: int, height: int) -> Picture:
        return np.concatenate([art(rng, width, height // 4) for _ in range(4)])

    add_panel(
        strip, width=strip.width, x0=0, line=0, height=4 * int(strip.rng.integers(800, 1250)), content=tall
    )


def bubble_alone(strip: DrawnStrip) -> None:
    rng = strip.rng
    a, b = int(rng.integers(90, 210)), int(rng.integers(55, 120))
    canvas = plain(strip.width, 2 * b + 90, strip.gutter)
    dark = sum(strip.gutter) < 200
    paper, ink = (WHITE, BLACK) if rng.random() < 0.7 or not dark else ((30, 30, 40), (240, 240, 240))
    speech(
        rng,
        canvas,
        int(rng.integers(a + 5, strip.width - a - 5)),
        b + 20,
        a,
        b,
        paper,
        ink,
        line=int(rng.integers(2, 5)),
    )
    _add_drawn(strip, canvas, strip.texts)


def caption(strip: DrawnStrip) -> None:
    rng = strip.rng
    canvas = plain(strip.width, 260, strip.gutter)
    dark = sum(strip.gutter) < 380
    ink = WHITE if dark else BLACK
    lines = [" ".join(rng.choice(WORDS, 3)) for _ in range(int(rng.integers(1, 4)))]
    if rng.random() < 0.6:
        paper = tone(rng, 180, 250) if rng.integers(2) else tone(rng, 10, 70)
        ink = BLACK if sum(paper) > 380 else WHITE
        width, height = int(rng.integers(380, 560)), int(rng.integers(110, 200))
        x0 = (strip.width - width) // 2
        cv2.rectangle(canvas, (x0, 20), (x0 + width, 20 + height), paper, -1)
        if rng.integers(2):
            cv2.rectangle(canvas, (x0, 20), (x0 + width, 20 + height), ink, 3)
        put_text(canvas, (x0, 20, x0 + width, 20 + height), lines, 24, ink)
    else:
        put_text(canvas, (0, 0, strip.width, 260), lines, int(rng.integers(22, 34)), ink)
    _add_drawn(strip, canvas, strip.texts)


def effect(strip: DrawnStrip) -> None:
    rng = strip.rng
    size = int(rng.integers(90, 220))
    canvas = plain(strip.width, int(size * 1.8), strip.gutter)
    word = str(rng.choice(["두근", "가자!", "BAM", "SLAM!", "왜", "CRASH", "안돼"]))
    size = min(size, int(1.5 * strip.width / (len(word) + 1)))
    edge = int(rng.choice([0, 4, 8]))
    fill = tone(rng, 30, 230)
    while max(abs(a - b) for a, b in zip(fill, strip.gutter, strict=True)) < 80:
        fill = tone(rng, 30, 230)
    put_text(
        canvas,
        (0, 0, strip.width, len(canvas)),
        [word],
        size,
        fill,
        edge,
        BLACK if sum(strip.gutter) > 380 else WHITE,
    )
    angle = float(rng.uniform(-15, 15))
    turn = cv2.getRotationMatrix2D((strip.width / 2, len(canvas) / 2), angle, 0.8)
    canvas = np.asarray(
        cv2.warpAffine(canvas, turn, (strip.width, len(canvas)), borderValue=strip.gutter), np.uint8
    )
    _add_drawn(strip, canvas, strip.texts)


def credits_page(strip: DrawnStrip) -> None:
    rng = strip.rng
    lines = [
        "Episode 12",
        "",
        "story  Kim Mina",
        "art  Lee Jun",
        "글 그림",
        "colours  Park & Co",
        "",
        "to be continued",
    ]
    canvas = plain(strip.width, 620, strip.gutter)
    if rng.integers(2):
        canvas[10:610] = paper = tone(rng, 20, 240)
    else:
        paper = strip.gutter
    ink = BLACK if sum(paper) > 380 else WHITE
    put_text(canvas, (0, 0, strip.width, 300), lines[:4], 30, ink)
    put_text(canvas, (0, 300, strip.width, 620), lines[4:], 22, ink)
    _add_drawn(strip, canvas, strip.texts)


def poking_bubble(strip: DrawnStrip) -> None:
    """A framed panel with a bubble or an effect that sticks out of it."""
    rng = strip.rng
    margin = int(rng.choice([0, 24, 60]))
    height, out = int(rng.integers(300, 640)), int(rng.integers(20, 70))
    rows = plain(strip.width, height + 2 * out, strip.gutter)
    width = strip.width - 2 * margin
    rows[out : out + height, margin : margin + width] = framed(
        art(rng, width, height), int(rng.choice([0, 2, 3])), line_ink(strip)
    )
    where = int(rng.integers(3))
    a, b = int(rng.integers(80, 150)), int(rng.integers(50, 90))
    cx = int(rng.integers(a + 10, strip.width - a - 10))
    if where in (0, 2):
        speech(rng, rows, cx, b + 3, a, b, kind=int(rng.choice([0, 1, 2])))
    if where in (1, 2):
        speech(rng, rows, strip.width - cx, height + 2 * out - b - 4, a, b, kind=int(rng.choice([0, 1, 2])))
    y0 = strip.add(rows)
    strip.panels.append((margin, y0 + out, margin + width, y0 + out + height))


def bridging_bubble(strip: DrawnStrip) -> None:
    """Two panels, stacked or side by side, with a bubble over the gutter between them."""
    rng = strip.rng
    gap = int(rng.integers(16, 60))
    margin = int(rng.choice([0, 0, 24]))
    a, b = int(rng.integers(90, 150)), int(rng.integers(50, 90))
    width = strip.width - 2 * margin
    line = int(rng.choice([0, 2, 3]))
    if rng.integers(2):
        first, second = (int(v) for v in rng.integers(260, 500, 2))
        rows = plain(strip.width, first + gap + second, strip.gutter)
        rows[:first, margin : margin + width] = framed(art(rng, width, first), line, line_ink(strip))
        rows[first + gap :, margin : margin + width] = framed(art(rng, width, second), line, line_ink(strip))
        boxes = [
            (margin, 0, margin + width, first),
            (margin, first + gap, margin + width, first + gap + second),
        ]
        at = (int(rng.integers(a + margin + 10, strip.width - a - margin - 10)), first + gap // 2)
    else:
        height, middle = int(rng.integers(320, 560)), strip.width // 2 + int(rng.integers(-60, 60))
        rows = plain(strip.width, height, strip.gutter)
        left, right = middle - gap // 2, middle + gap - gap // 2
        rows[:, margin:left] = framed(art(rng, left - margin, height), line, line_ink(strip))
        rows[:, right : margin + width] = framed(
            art(rng, margin + width - right, height), line, line_ink(strip)
        )
        boxes = [(margin, 0, left, height), (right, 0, margin + width, height)]
        at = (middle, int(rng.integers(b + 20, height - b - 20)))
    speech(rng, rows, *at, a, b, kind=int(rng.choice([0, 1])))
    y0 = strip.add(rows)
    strip.panels += [(x0, y0 + top, x1, y0 + bottom) for x0, top, x1, bottom in boxes]


# ---- strips ----------------------------------------------------------------------------------------

Add = Callable[[DrawnStrip], None]
TEXTS: list[Add] = [bubble_alone, caption, effect]
GROUPS: dict[str, list[Add]] = {
    "framed": [normal],
    "bleeding": [bleeding],
    "borderless": [borderless],
    "side by side": [side_by_side],
    "stepped": [stepped],
    "slanted": [slanted],
    "night": [night],
    "stripe": [stripe],
    "flat sky": [flat_sky],
    "thin gutter": [normal, bleeding],
    "gradient gutter": [normal, bleeding],
    "coloured gutter": [normal, bleeding, borderless],
    "sections": [normal, bleeding, normal, borderless],
    "pale": [pale],
    "splash": [splash],
    "bubbles": [bubble_alone],
    "captions": [caption],
    "effects": [effect],
    "credits": [credits_page],
    "poking": [poking_bubble],
    "bridging": [bridging_bubble],
    "mixed": [
        normal,
        bleeding,
        borderless,
        side_by_side,
        slanted,
        flat_sky,
        poking_bubble,
        bridging_bubble,
        bubble_alone,
        caption,
        effect,
    ],
    **OTHER_GROUPS,
    **ACTION_GROUPS,
    **LAYOUT_GROUPS,
}


def draw_strip(group: str, seed: int, drawings: int = 14) -> tuple[list[bytes], list[Box], list[Box], int]:
    """Draw one strip of a group: its pages as JPEG, panels, texts, and its width."""
    rng = np.random.default_rng([seed, *group.encode()])
    texts = ("bubbles", "captions", "effects", "credits", "other texts", *ACTION_TEXTS, *LAYOUT_TEXTS)
    width = int(rng.choice([690, 690, 720, 800]))
    gutter: Colour = WHITE if rng.random() < 0.7 else BLACK
    if group == "night":
        gutter = BLACK
    if group in ("coloured gutter", "credits"):
        gutter = tone(rng, 20, 250)
    strip = DrawnStrip(rng, width, gutter)
    if group == "long gradient":
        strip.colours = colours_along(rng)
        strip.gutter = tuple(int(v) for v in strip.colours[0, 0])
    if rng.random() < 0.7:
        strip.gap()
    for number in range(drawings if group != "splash" else 4):
        if group == "sections" and number in (4, 9):
            _change_section(strip)
        own = GROUPS[group][int(rng.integers(len(GROUPS[group])))]
        common = group in texts or rng.random() < 0.25
        add = own if not common or number % 2 else normal
        add(strip)
        if number < drawings - 1 or rng.random() < 0.7:
            if group == "thin gutter":
                strip.gap(6, 9)
            elif group == "gradient gutter":
                _gradient(strip)
            else:
                strip.gap()
    if group == "credits":
        credits_page(strip)
        strip.gap()
    return _pages(rng, strip.picture()), strip.panels, strip.texts, width


def _change_section(strip: DrawnStrip) -> None:
    new = BLACK if sum(strip.gutter) > 380 else WHITE
    if strip.rng.integers(2):
        _fade(strip, strip.gutter, new, int(strip.rng.integers(60, 400)))
    strip.gutter = new
    strip.gap()


def _gradient(strip: DrawnStrip) -> None:
    new = tone(strip.rng, 0, 256)
    strip.gap(10, 40)
    _fade(strip, strip.gutter, new, int(strip.rng.integers(80, 400)))
    strip.gutter = new
    strip.gap(10, 40)


def _fade(strip: DrawnStrip, old: Colour, new: Colour, height: int) -> None:
    part = np.linspace(0, 1, height)[:, None, None]
    rows = np.array(old) * (1 - part) + np.array(new) * part
    strip.add(np.broadcast_to(rows, (height, strip.width, 3)).round().astype(np.uint8))


def _pages(rng: np.random.Generator, picture: Picture) -> list[bytes]:
    pages, y0 = [], 0
    quality = int(rng.integers(75, 91))
    while y0 < len(picture):
        y1 = min(len(picture), y0 + int(rng.integers(700, 1600)))
        options = [
            cv2.IMWRITE_JPEG_QUALITY,
            quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
        ]
        _, data = cv2.imencode(".jpg", picture[y0:y1, :, ::-1], options)
        pages.append(data.tobytes())
        y0 = y1
    return pages
