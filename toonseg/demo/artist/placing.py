"""Finds room for a panel's balloons and sounds: beside faces, in reading order, on or over the frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.letters import Balloon, Patch, draw_balloon, draw_line, draw_sound, set_text
from toonseg.demo.artist.looks import LOOKS, Look
from toonseg.demo.artist.plan import Cell, Loose, Part
from toonseg.demo.artist.scripts import CREDITS, SCRIPTS

Area = tuple[float, float, float, float]
_TRIES = 90
_OVER_PX = 62  # how far a balloon may stick out of the frame
_ABOVE_PX = 110  # how far one may rise above a figure without a frame
_EDGE_PX = 8


@dataclass(frozen=True)
class Room:
    """Where a panel's texts may lie, on the strip: the area for their boxes, and what to keep clear."""

    area: Area
    faces: tuple[Area, ...]
    bodies: tuple[Area, ...]


def room_of(cell: Cell, strip_width: int) -> Room:
    """The room of a panel: its inside, or a little more where balloons may stick out."""
    x0, y0, x1, y1 = cell.box
    faces = tuple(_around(cell, part, 0.5, -0.1, 1.12) for part in cell.people)
    bodies = tuple(_around(cell, part, 0.75, 1.12, 3.0) for part in cell.people)
    if not cell.free:
        return Room((x0 + _EDGE_PX, y0 + _EDGE_PX, x1 - _EDGE_PX, y1 - _EDGE_PX - cell.slant), faces, bodies)
    over = _ABOVE_PX if cell.edge == "open" else _OVER_PX
    return Room((_EDGE_PX, y0 - over, strip_width - _EDGE_PX, y1 - _EDGE_PX - cell.slant), faces, bodies)


def place_texts(cell: Cell, strip_width: int, look: Look, rng: np.random.Generator) -> list[Patch]:
    """Set and place all texts of a panel; sounds come first, so that balloons lie over them."""
    room = room_of(cell, strip_width)
    patches: list[Patch] = []
    taken: list[Area] = []
    for line in sorted(cell.texts, key=lambda line: line.who != "#"):
        wide = cell.box[2] - cell.box[0]
        if line.who == "#":
            patch = _place_sound(line.text, cell, room, look, rng)
        else:
            limit = int(min(270, max(120, wide * 0.42)))
            patch = _place_balloon(line.who, line.tone, line.text, cell, room, taken, limit, look, rng)
        if line.who != "#":
            x0, y0, x1, y1 = patch.box
            taken.append((x0, y0, x1, y1))
        patches.append(patch)
    return patches


def _place_balloon(
    who: str,
    tone: str,
    text: str,
    cell: Cell,
    room: Room,
    taken: Sequence[Area],
    limit: int,
    look: Look,
    rng: np.random.Generator,
) -> Patch:
    balloon = set_text(tone, text, look, limit)
    speaker = next((part for part in cell.people if "abcde"[part.who] == who), None)
    if tone == "caption":
        return draw_balloon(balloon, look, *_corner(balloon, cell, room), None, rng)
    x, y = _best(balloon.width, balloon.height, room, taken, _mouth(cell, speaker), rng)
    tip = None if speaker is None else _tip(x, y, balloon.width, balloon.height, _mouth(cell, speaker))
    return draw_balloon(balloon, look, x, y, tip, rng)


def _corner(balloon: Balloon, cell: Cell, room: Room) -> tuple[float, float]:
    """The centre of a caption in whichever upper corner of its panel hides less."""
    x0, y0, x1, _ = cell.box
    y = y0 + 22 + balloon.height / 2

    def hidden(x: float) -> float:
        area = (x - balloon.width / 2, y0, x + balloon.width / 2, y + balloon.height / 2)
        return sum(_shared(area, face) for face in room.faces)

    return min(
        (x0 + 18 + balloon.width / 2, y), (x1 - 18 - balloon.width / 2, y), key=lambda at: hidden(at[0])
    )


def _place_sound(text: str, cell: Cell, room: Room, look: Look, rng: np.random.Generator) -> Patch:
    wide = cell.box[2] - cell.box[0]
    size = int(min(float(rng.uniform(52, 92)), (wide - 24) / (0.9 * len(text) + 1.0)))
    width, height = size * (0.9 * len(text) + 1.0), size * 1.7
    clear = Room(room.area, room.faces, ())
    x, y = _best(width, height, clear, (), None, rng)
    rising = size * float(rng.uniform(-0.05, 0.14))
    return draw_sound(text, look, x, y, size, rng, rising)


def _best(
    width: float,
    height: float,
    room: Room,
    taken: Sequence[Area],
    mouth: tuple[float, float] | None,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The centre, of many tried, that hides the least and lies near its speaker and after what was said."""
    x0, y0, x1, y1 = room.area
    low_x, high_x = x0 + width / 2, max(x0 + width / 2 + 1, x1 - width / 2)
    low_y, high_y = y0 + height / 2, max(y0 + height / 2 + 1, y1 - height / 2)
    best, least = (low_x, low_y), math.inf
    for _ in range(_TRIES):
        x = float(rng.uniform(low_x, high_x))
        y = low_y + (high_y - low_y) * float(rng.random()) ** 1.8
        area = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        cost = sum(8 * _shared(area, face) for face in room.faces)
        cost += sum(10 * _shared(area, other) for other in taken)
        cost += sum(0.8 * _shared(area, body) for body in room.bodies)
        cost += sum(_out_of_order(x, y, other) for other in taken)
        if mouth is not None:
            cost += 0.0016 * math.hypot(x - mouth[0], y - mouth[1])
            cost += 0.6 * min(1.0, max(0.0, (y - mouth[1]) / 120))  # words rise
        if cost < least:
            best, least = (x, y), cost
    return best


def _out_of_order(x: float, y: float, before: Area) -> float:
    """Cost of a balloon that is read too early: one that is neither below nor right of the one before."""
    down = y - (before[1] + before[3]) / 2
    right = x > before[2]
    late = min(1.6, max(0.0, 1 - down / 50))
    return late * 0.2 if right and down > -10 else late


def _around(cell: Cell, part: Part, half: float, above: float, below: float) -> Area:
    x, y = cell.box[0] + part.x, cell.box[1] + part.y
    head = part.head_px
    return x - half * head, y + above * head, x + half * head, y + below * head


def _mouth(cell: Cell, part: Part | None) -> tuple[float, float] | None:
    if part is None:
        return None
    return cell.box[0] + part.x, cell.box[1] + part.y + 0.82 * part.head_px


def _tip(
    x: float, y: float, width: float, height: float, mouth: tuple[float, float] | None
) -> tuple[float, float] | None:
    """The end of a tail: on the way to the mouth, a little outside the balloon."""
    if mouth is None:
        return None
    way = np.array([mouth[0] - x, mouth[1] - y])
    far = float(np.hypot(*way))
    if far < 1:
        return None
    way /= far
    rim = 1 / math.hypot(way[0] / (width / 2), way[1] / (height / 2))
    reach = min(rim + 36, rim + (far - rim) * 0.55)
    if reach < rim + 10:
        return None
    return float(x + way[0] * reach), float(y + way[1] * reach)


def _shared(a: Area, b: Area) -> float:
    """Part of the smaller of two areas that both share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    size = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return width * height / size


def letter_loose(loose: Loose, series: str, rng: np.random.Generator) -> list[Patch]:
    """Set the texts that lie in a gutter, one patch each."""
    look, script = LOOKS[series], SCRIPTS[series]
    pale: Rgb = (244, 240, 250) if loose.dark else look.text
    faint: Rgb = (170, 164, 190) if loose.dark else (150, 144, 156)
    x, y = loose.x, loose.y
    if loose.kind == "title":
        return [
            draw_line(script.author, "Bold", 20, faint, x, y - 84),
            draw_line(script.name, "Bold", 58, look.sound_fill if loose.dark else pale, x, y - 28),
            draw_line(loose.text.text, "Regular", 30, pale, x, y + 50),
        ]
    if loose.kind == "credits":
        sizes = ((30, pale, -64.0), (26, pale, -10.0), (18, faint, 40.0), (18, faint, 72.0))
        lines = (CREDITS[1], CREDITS[0], CREDITS[2], CREDITS[3])
        return [
            draw_line(line, "Regular", size, colour, x, y + off)
            for line, (size, colour, off) in zip(lines, sizes, strict=True)
        ]
    if loose.text.who == "#":
        return [draw_sound(loose.text.text, look, x, y, int(rng.integers(66, 104)), rng, 8.0)]
    balloon = set_text(loose.text.tone, loose.text.text, look, 300)
    tip = None
    if loose.text.tone in ("speech", "thought"):
        tip = (x + float(rng.uniform(-0.3, 0.3)) * balloon.width, y + balloon.height / 2 + 26)
    return [draw_balloon(balloon, look, x, y, tip, rng)]
