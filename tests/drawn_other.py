"""Strips in another hand than ``drawn_strips``: ink on white, screens of dots, soft washes, photographs.

Its groups go beside those of ``drawn_strips``, in the same form; only letters are shared.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
from drawn_art import BLACK, WHITE, WORDS, Box, Colour, Picture, framed, plain, put_text, tone

if TYPE_CHECKING:
    from drawn_strips import DrawnStrip

Paint = Callable[[np.random.Generator, int, int], Picture]


# ---- what fills a panel ------------------------------------------------------------------------------


def ink(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Black lines on white paper: a head with open hair, a shoulder, a window, some hatching."""
    rows = plain(width, height, WHITE)
    cx, cy = int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.4, 0.6))
    head = int(min(width, height) * rng.uniform(0.18, 0.3))
    cv2.ellipse(rows, (cx, cy), (head, int(head * 1.2)), 0, 0, 360, BLACK, 2, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.ellipse(
            rows, (cx + side * head // 3, cy), (head // 7, head // 10), 0, 0, 360, BLACK, 2, cv2.LINE_AA
        )
        shoulder = (cx + side * head * 2, height - 1)
        cv2.line(rows, (cx + side * head // 2, cy + head), shoulder, BLACK, 2, cv2.LINE_AA)
    for _ in range(int(rng.integers(14, 30))):
        angle = rng.uniform(np.pi, 2 * np.pi)
        begin = (int(cx + head * np.cos(angle)), int(cy + head * 1.2 * np.sin(angle)))
        cv2.line(rows, begin, (begin[0] + int(rng.integers(-30, 30)), begin[1] + head), BLACK, 1, cv2.LINE_AA)
    x0, y0 = int(rng.integers(width // 2)), int(rng.integers(height // 3))
    cv2.rectangle(rows, (x0, y0), (x0 + width // 4, y0 + height // 4), BLACK, 1)
    for x in range(0, width // 3, 7):
        cv2.line(rows, (x, height), (x + height // 5, height - height // 5), (90, 90, 90), 1, cv2.LINE_AA)
    return rows


def screen(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A grey picture in dots, as print has it."""
    step = int(rng.integers(5, 9))
    ys, xs = np.mgrid[:height, :width]
    wave = (np.sin(2 * np.pi * (xs + ys) / step) + np.sin(2 * np.pi * (xs - ys) / step)) / 4 + 0.5
    tone_of = cv2.resize(rng.uniform(0.15, 0.9, (4, 3)).astype(np.float32), (width, height))
    grey = np.where(wave < tone_of, 245, 20).astype(np.uint8)
    cv2.circle(grey, (width // 2, height // 2), min(width, height) // 4, 255, -1)
    cv2.circle(grey, (width // 2, height // 2), min(width, height) // 4, 0, 3, cv2.LINE_AA)
    return np.asarray(np.repeat(grey[..., None], 3, axis=2))


def wash(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Soft spots of colour that run into each other."""
    spots = rng.integers(90, 256, (5, 4, 3)).astype(np.uint8)
    picture = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 12))


def photo(rng: np.random.Generator, width: int, height: int) -> Picture:
    """Noise at every scale, as in a photograph."""
    total = np.zeros((height, width, 3), np.float32)
    for size in (4, 16, 64, 256):
        noise = rng.normal(0, 60 / size**0.25, (size, size, 3)).astype(np.float32)
        total += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(total + rng.integers(70, 180), 0, 255).astype(np.uint8)


PAINTS: tuple[Paint, ...] = (ink, screen, wash, photo)


# ---- drawings --------------------------------------------------------------------------------------------


def place(strip: "DrawnStrip", picture: Picture, x0: int, mask: Picture | None = None) -> None:
    """Lay a picture on rows of its own, where its mask (h, w) is not 0; its whole box is the truth."""
    height, width = picture.shape[:2]
    rows = plain(strip.width, height, strip.gutter)
    part = rows[:, x0 : x0 + width]
    part[:] = picture if mask is None else np.where(mask[..., None] > 0, picture, part)
    y0 = strip.add(rows)
    strip.panels.append((x0, y0, x0 + width, y0 + height))


def sized(strip: "DrawnStrip") -> tuple[int, int, int]:
    """Left, width and height of a panel."""
    width = int(strip.rng.integers(strip.width // 2, strip.width - 40))
    return int(strip.rng.integers(10, strip.width - width - 10)), width, int(strip.rng.integers(240, 700))


def line_ink(strip: "DrawnStrip") -> Colour:
    """The colour of lines that show on the gutter."""
    return BLACK if sum(strip.gutter) > 380 else WHITE


def bordered(paints: tuple[Paint, ...], lines: tuple[int, ...]) -> Callable[["DrawnStrip"], None]:
    def add(strip: "DrawnStrip") -> None:
        x0, width, height = sized(strip)
        picture = paints[int(strip.rng.integers(len(paints)))](strip.rng, width, height)
        line = int(strip.rng.choice(lines))
        cv2.rectangle(picture, (0, 0), (width - 1, height - 1), line_ink(strip), 2 * line - 1)
        place(strip, picture, x0)

    return add


def grey_line(strip: "DrawnStrip") -> None:
    """A hairline of a middle grey around paper of the gutter's colour, with some ink on it."""
    x0, width, height = sized(strip)
    picture = ink(strip.rng, width, height)
    picture[picture.min(axis=2) > 250] = strip.gutter
    cv2.rectangle(picture, (0, 0), (width - 1, height - 1), (128, 128, 128), 1)
    place(strip, picture, x0)


def doubled(strip: "DrawnStrip") -> None:
    """Two lines around each other, of which the outer one is the frame."""
    x0, width, height = sized(strip)
    picture = PAINTS[int(strip.rng.integers(4))](strip.rng, width, height)
    framed(picture[7:-7, 7:-7], 3, line_ink(strip))
    framed(picture[3:-3, 3:-3], 4, strip.gutter)
    framed(picture, 3, line_ink(strip))
    place(strip, picture, x0)


def rounded(strip: "DrawnStrip") -> None:
    x0, width, height = sized(strip)
    radius = int(strip.rng.integers(12, 48))
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - 1 - radius, height - 1), 1, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - 1 - radius), 1, -1)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 1, -1)
    picture = PAINTS[int(strip.rng.integers(1, 4))](strip.rng, width, height)
    if strip.rng.integers(2):
        outline, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, outline, -1, line_ink(strip), 4)
    place(strip, picture, x0, mask)


def feathered(strip: "DrawnStrip") -> None:
    """A bleeding picture that fades into the gutter above and below over a few rows."""
    height, fade = int(strip.rng.integers(300, 700)), int(strip.rng.integers(4, 14))
    picture = (wash, photo)[int(strip.rng.integers(2))](strip.rng, strip.width, height).astype(np.float32)
    rows = np.arange(height)
    part = np.clip(np.minimum(rows + 1, height - rows) / fade, 0, 1)[:, None, None]
    place(strip, (picture * part + np.array(strip.gutter) * (1 - part)).astype(np.uint8), 0)


def split_slanting(strip: "DrawnStrip") -> None:
    """Two panels side by side with a slanting gutter between them."""
    rng = strip.rng
    height, lean, gap = int(rng.integers(320, 560)), int(rng.integers(40, 120)), int(rng.integers(12, 24))
    middle, margin = strip.width // 2, int(rng.choice([0, 24]))
    rows = plain(strip.width, height, strip.gutter)
    y0 = strip.add(rows)
    top, bottom = middle - lean // 2, middle + lean // 2
    right_top, right_bottom = top + gap, bottom + gap
    left = np.array([(margin, 0), (top, 0), (bottom, height - 1), (margin, height - 1)], np.int32)
    end = strip.width - margin - 1
    right = np.array([(right_top, 0), (end, 0), (end, height - 1), (right_bottom, height - 1)], np.int32)
    for corners in (left, right):
        mask = cv2.fillPoly(np.zeros((height, strip.width), np.uint8), [corners], 1)
        picture = PAINTS[int(rng.integers(1, 4))](rng, strip.width, height)
        rows[mask > 0] = picture[mask > 0]
        cv2.polylines(rows, [corners], True, line_ink(strip), 3)
        x0, x1 = int(corners[:, 0].min()), int(corners[:, 0].max()) + 1
        strip.panels.append((x0, y0, x1, y0 + height))


def loose_ink(strip: "DrawnStrip") -> None:
    """A head in ink on the bare gutter."""
    rng = strip.rng
    size = int(rng.integers(220, 420))
    canvas = plain(strip.width, size + 60, strip.gutter)
    cx, cy, a = (
        int(rng.integers(size, strip.width - size)) if strip.width > 2 * size else strip.width // 2,
        size // 2 + 30,
        size // 3,
    )
    skin, hair = tone(rng, 150, 250), tone(rng, 10, 120)
    cv2.ellipse(canvas, (cx, cy), (a, size // 2), 0, 0, 360, line_ink(strip), -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (cx, cy), (a - 3, size // 2 - 3), 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (cx, cy - size // 8), (a - 3, size // 3), 0, 180, 360, hair, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(canvas, (cx + side * a // 2, cy + size // 10), max(3, a // 8), BLACK, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (cx, cy + size // 4), (a // 3, 6), 0, 0, 180, (150, 40, 50), 3, cv2.LINE_AA)
    add_drawn(strip, canvas, strip.panels)


def add_drawn(strip: "DrawnStrip", canvas: Picture, truth: list[Box]) -> None:
    """Add rows of which the box of what is drawn is the truth."""
    ys, xs = np.nonzero(np.abs(canvas.astype(int) - strip.gutter).max(axis=2) > 24)
    y0 = strip.add(canvas)
    truth.append((int(xs.min()), y0 + int(ys.min()), int(xs.max()) + 1, y0 + int(ys.max()) + 1))


# ---- drawings of text only -------------------------------------------------------------------------------


def words(rng: np.random.Generator, count: int, lines: int) -> list[str]:
    return [" ".join(rng.choice(WORDS, count)) for _ in range(lines)]


def tinted_bubble(strip: "DrawnStrip") -> None:
    """A bubble of coloured paper, with or without an outline, or one that fades from tint to tint."""
    rng = strip.rng
    a, b = int(rng.integers(120, 220)), int(rng.integers(60, 110))
    canvas = plain(strip.width, 2 * b + 60, strip.gutter)
    paper = tone(rng, 170, 245) if rng.integers(2) else tone(rng, 20, 90)
    letter = BLACK if sum(paper) > 380 else WHITE
    centre = (strip.width // 2, b + 30)
    cv2.ellipse(canvas, centre, (a, b), 0, 0, 360, paper, -1, cv2.LINE_AA)
    if rng.integers(2):
        cv2.ellipse(canvas, centre, (a, b), 0, 0, 360, letter, 3, cv2.LINE_AA)
    if rng.integers(3) == 0:
        part = np.linspace(-14, 14, len(canvas))[:, None, None]
        mask = np.zeros(canvas.shape[:2], np.uint8)
        cv2.ellipse(mask, centre, (a - 3, b - 3), 0, 0, 360, 1, -1)
        canvas[mask > 0] = np.clip(canvas + part, 0, 255).astype(np.uint8)[mask > 0]
    put_text(canvas, (0, 30, strip.width, 2 * b + 30), words(rng, 2, 2), 26, letter)
    add_drawn(strip, canvas, strip.texts)


def cloud(strip: "DrawnStrip") -> None:
    """A thought in a cloud of circles."""
    rng = strip.rng
    canvas = plain(strip.width, 300, strip.gutter)
    cx, cy = strip.width // 2, 150
    spots = [(cx + int(150 * np.cos(t)), cy + int(70 * np.sin(t))) for t in np.linspace(0, 2 * np.pi, 11)]
    for radius, colour in ((46, line_ink(strip)), (43, (250, 250, 250))):
        for spot in spots:
            cv2.circle(canvas, spot, radius, colour, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, (cx, cy), (150, 70), 0, 0, 360, (250, 250, 250), -1)
    put_text(canvas, (0, 0, strip.width, 300), words(rng, 2, 2), 28, BLACK)
    add_drawn(strip, canvas, strip.texts)


def paragraph(strip: "DrawnStrip") -> None:
    """Many lines of narration."""
    canvas = plain(strip.width, 520, strip.gutter)
    put_text(canvas, (0, 0, strip.width, 520), words(strip.rng, 4, 9), 28, line_ink(strip))
    add_drawn(strip, canvas, strip.texts)


def message(strip: "DrawnStrip") -> None:
    """A chat message: a plain box with round corners, a name above it."""
    rng = strip.rng
    canvas = plain(strip.width, 240, strip.gutter)
    paper = tone(rng, 190, 240)
    cv2.rectangle(canvas, (118, 80), (strip.width - 140, 200), paper, -1)
    cv2.rectangle(canvas, (100, 98), (strip.width - 122, 182), paper, -1)
    for x in (118, strip.width - 140):
        for y in (98, 182):
            cv2.circle(canvas, (x, y), 18, paper, -1, cv2.LINE_AA)
    put_text(canvas, (100, 80, strip.width - 122, 200), words(rng, 3, 2), 26, BLACK)
    put_text(canvas, (100, 20, 300, 70), words(rng, 1, 1), 22, line_ink(strip))
    add_drawn(strip, canvas, strip.texts)


OTHER_TEXTS = [tinted_bubble, cloud, paragraph, message]
OTHER_GROUPS: dict[str, list[Callable[["DrawnStrip"], None]]] = {
    "ink": [bordered((ink,), (1, 2, 3))],
    "screens": [bordered((screen,), (1, 2, 5))],
    "washes": [bordered((wash, photo), (2, 6, 12))],
    "hairline": [grey_line],
    "double line": [doubled],
    "rounded": [rounded],
    "feathered": [feathered],
    "slanting gap": [split_slanting],
    "loose ink": [loose_ink],
    "other texts": OTHER_TEXTS,
    "other hand": [bordered(PAINTS, (1, 2, 4)), rounded, feathered, doubled, loose_ink, *OTHER_TEXTS],
}
