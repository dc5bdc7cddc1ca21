"""Pictures for drawn strips: scenery, people, lettering and bubbles, in plain shapes."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]
Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]

FONT = Path(__file__).parent.parent / "toonseg/demo/artist/fonts/NotoSansKR-Bold-demo.otf"
WORDS = [
    "What",
    "is",
    "this?",
    "Come",
    "back!",
    "No...",
    "I",
    "see.",
    "아니",
    "그게",
    "뭐야",
    "정말",
    "왜",
    "안",
    "돼",
    "가자",
    "Hello",
    "there,",
    "wait",
    "for",
    "me",
    "자",
    "그만",
]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def plain(width: int, height: int, colour: Colour) -> Picture:
    return np.full((height, width, 3), colour, np.uint8)


def tone(rng: np.random.Generator, low: int = 40, high: int = 235) -> Colour:
    return tuple(int(v) for v in rng.integers(low, high, 3))  # type: ignore[return-value]


def scenery(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A background that fills a panel: a graded sky, walls, a city, a pattern, or a blur."""
    kind = rng.integers(5)
    top, bottom = np.array(tone(rng)), np.array(tone(rng))
    part = np.linspace(0, 1, height)[:, None, None]
    picture = np.ascontiguousarray(
        np.broadcast_to(top * (1 - part) + bottom * part, (height, width, 3)).astype(np.uint8)
    )
    if kind == 1:
        for _ in range(int(rng.integers(4, 10))):
            w, h = int(rng.integers(40, max(41, width // 3))), int(rng.integers(40, max(41, height)))
            x = int(rng.integers(-20, width))
            cv2.rectangle(picture, (x, height - h), (x + w, height), tone(rng), -1)
            cv2.rectangle(picture, (x, height - h), (x + w, height), BLACK, 2)
    elif kind == 2:
        eye = (int(rng.integers(width)), int(rng.integers(height)))
        for angle in np.linspace(0, 2 * np.pi, 24):
            far = (int(eye[0] + 3000 * math.cos(angle)), int(eye[1] + 3000 * math.sin(angle)))
            cv2.line(picture, eye, far, tone(rng), int(rng.integers(2, 12)))
    elif kind == 3:
        noise = rng.integers(0, 255, (height // 16 + 2, width // 16 + 2, 3)).astype(np.uint8)
        picture = cv2.addWeighted(picture, 0.6, cv2.resize(noise, (width, height)), 0.4, 0)
    elif kind == 4:
        for _ in range(12):
            centre = (int(rng.integers(width)), int(rng.integers(height)))
            cv2.circle(picture, centre, int(rng.integers(10, 90)), tone(rng), -1, cv2.LINE_AA)
    return picture


def figure(rng: np.random.Generator, canvas: Picture, cx: int, foot: int, size: int, full: bool) -> None:
    """A person in flat colours with an outline; its head's top is ``size`` rows above ``foot``."""
    line = max(2, size // 120)
    skin = (250 - int(rng.integers(60)), 214 - int(rng.integers(50)), 190 - int(rng.integers(50)))
    hair, shirt, trousers = tone(rng, 10, 200), tone(rng), tone(rng)
    head = size / (6.5 if full else 3.2)
    top = foot - size

    def shape(points: list[tuple[float, float]], colour: Colour) -> None:
        polygon = np.array(points).round().astype(np.int32)
        cv2.fillPoly(canvas, [polygon], colour, cv2.LINE_AA)
        cv2.polylines(canvas, [polygon], True, (25, 20, 25), line, cv2.LINE_AA)

    shoulder = head * (1.1 if full else 1.25)
    neck = top + head * 1.05
    hip = foot if not full else top + size * 0.55
    if full:
        for side in (-1, 1):
            shape(
                [
                    (cx + side * head * 0.05, hip - 4),
                    (cx + side * head * 0.8, hip - 4),
                    (cx + side * head * 0.7, foot),
                    (cx + side * head * 0.15, foot),
                ],
                trousers,
            )
    shape(
        [
            (cx - head * 0.25, neck - head * 0.2),
            (cx + head * 0.25, neck - head * 0.2),
            (cx + head * 0.25, neck + head * 0.3),
            (cx - head * 0.25, neck + head * 0.3),
        ],
        skin,
    )
    shape(
        [
            (cx - head * 0.3, neck + head * 0.1),
            (cx + head * 0.3, neck + head * 0.1),
            (cx + shoulder, neck + head * 0.5),
            (cx + shoulder * 1.1, hip),
            (cx - shoulder * 1.1, hip),
            (cx - shoulder, neck + head * 0.5),
        ],
        shirt,
    )
    shape([(cx - 4, neck + head * 0.2), (cx + head * 0.2, hip), (cx - head * 0.2, hip)], tone(rng))
    centre = (cx, int(top + head * 0.52))
    cv2.ellipse(canvas, centre, (int(head * 0.55), int(head * 0.55)), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(canvas, centre, (int(head * 0.55), int(head * 0.55)), 0, 0, 360, BLACK, line, cv2.LINE_AA)
    face = (cx, int(top + head * 0.62))
    cv2.ellipse(canvas, face, (int(head * 0.4), int(head * 0.42)), 0, 0, 360, skin, -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (int(cx + side * head * 0.17), int(top + head * 0.62))
        cv2.ellipse(canvas, eye, (max(1, int(head * 0.06)), max(1, int(head * 0.09))), 0, 0, 360, BLACK, -1)
    cv2.line(
        canvas,
        (int(cx - head * 0.08), int(top + head * 0.85)),
        (int(cx + head * 0.08), int(top + head * 0.85)),
        (140, 60, 60),
        line,
    )


def art(rng: np.random.Generator, width: int, height: int) -> Picture:
    """A picture that fills a panel: scenery, mostly with people in it."""
    picture = scenery(rng, width, height)
    if rng.random() < 0.85:
        for _ in range(int(rng.integers(1, 3))):
            size = int(height * rng.uniform(0.6, 0.95))
            figure(rng, picture, int(rng.integers(width // 5, 4 * width // 5 + 1)), height + 4, size, False)
    return picture


def framed(picture: Picture, line: int, colour: Colour = BLACK) -> Picture:
    if line:
        height, width = picture.shape[:2]
        cv2.rectangle(picture, (0, 0), (width - 1, height - 1), colour, -1) if line * 2 >= min(
            height, width
        ) else None
        picture[:line] = picture[-line:] = colour
        picture[:, :line] = picture[:, -line:] = colour
    return picture


def put_text(
    canvas: Picture,
    box: Box,
    lines: list[str],
    size: int,
    ink: Colour,
    edge: int = 0,
    edge_ink: Colour = WHITE,
) -> Box:
    """Write centred lines into a canvas; gives the box of the ink."""
    image = Image.fromarray(canvas)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), size)
    text = "\n".join(lines)
    at = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    options: dict[str, Any] = {
        "font": font,
        "anchor": "mm",
        "align": "center",
        "spacing": size * 0.3,
        "stroke_width": edge,
    }
    draw.multiline_text(at, text, fill=ink, stroke_fill=edge_ink, **options)
    canvas[:] = np.asarray(image)
    return tuple(int(v) for v in draw.multiline_textbbox(at, text, **options))  # type: ignore[return-value]


def speech(
    rng: np.random.Generator,
    canvas: Picture,
    cx: int,
    cy: int,
    a: int,
    b: int,
    paper: Colour = WHITE,
    ink: Colour = BLACK,
    line: int = 2,
    kind: int | None = None,
) -> Box:
    """A bubble with text; gives its box."""
    kind = int(rng.integers(4)) if kind is None else kind
    box = (cx - a, cy - b, cx + a + 1, cy + b + 1)
    if kind == 1:
        points = [
            (cx + r * a * math.cos(t), cy + r * b * math.sin(t))
            for n, t in enumerate(np.linspace(0, 2 * np.pi, 33)[:-1])
            for r in [1.0 if n % 2 else 0.82]
        ]
        polygon = np.array(points).round().astype(np.int32)
        cv2.fillPoly(canvas, [polygon], paper, cv2.LINE_AA)
        cv2.polylines(canvas, [polygon], True, ink, line, cv2.LINE_AA)
    elif kind == 2:
        cv2.rectangle(canvas, box[:2], (box[2] - 1, box[3] - 1), paper, -1)
        cv2.rectangle(canvas, box[:2], (box[2] - 1, box[3] - 1), ink, line)
    else:
        cv2.ellipse(canvas, (cx, cy), (a, b), 0, 0, 360, paper, -1, cv2.LINE_AA)
        if line:
            cv2.ellipse(canvas, (cx, cy), (a, b), 0, 0, 360, ink, line, cv2.LINE_AA)
        if kind == 3:
            tail = np.array([(cx - 14, cy + b - 4), (cx + 14, cy + b - 4), (cx + 30, cy + b + 30)], np.int32)
            cv2.fillPoly(canvas, [tail], paper, cv2.LINE_AA)
            cv2.polylines(canvas, [tail[[0, 2, 1]]], False, ink, max(1, line), cv2.LINE_AA)
            box = (box[0], box[1], box[2], cy + b + 31)
    size = int(np.clip(b * 0.34, 18, 34))
    words = [" ".join(rng.choice(WORDS, 2)) for _ in range(2 if b < 70 else 3)]
    put_text(
        canvas,
        (cx - a, cy - b, cx + a, cy + b),
        [w[: max(4, int(1.25 * a / size * 1.6))] for w in words],
        size,
        ink,
    )
    return box
