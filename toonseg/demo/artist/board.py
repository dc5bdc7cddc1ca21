"""Draws a planned strip: gutters, panels with their people, texts over both, and who owns each pixel."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.demo.artist.backdrops import draw_backdrop
from toonseg.demo.artist.effects import Pixels, Sheet, gradient, wash
from toonseg.demo.artist.ink import Canvas
from toonseg.demo.artist.layout import plan_episode
from toonseg.demo.artist.letters import Floats, Patch
from toonseg.demo.artist.looks import LOOKS
from toonseg.demo.artist.objects import draw_thing
from toonseg.demo.artist.people import Character, Expression, cast, draw_person
from toonseg.demo.artist.placing import letter_loose, place_texts
from toonseg.demo.artist.plan import Box, Cell, Loose, Part, Plan, seed
from toonseg.demo.artist.styles import STYLES, Style

Mask = NDArray[np.bool_]

# What people show and do, by how they speak ("" when they listen).
FEELINGS: dict[str, tuple[Expression, ...]] = {
    "speech": ("calm", "smile", "laugh", "smile"),
    "shout": ("angry", "surprised", "laugh"),
    "thought": ("shy", "sad", "calm"),
    "": ("calm", "smile", "surprised", "calm"),
}
GESTURES: dict[str, tuple[str, ...]] = {
    "speech": (
        "standing",
        "waving",
        "hand on hip",
        "cup",
        "holding bag",
        "holding book",
        "pointing",
    ),
    "shout": ("pointing", "waving", "hand on hip", "arms crossed"),
    "thought": ("thinking", "hands behind", "pockets", "standing", "phone"),
    "": (
        "standing",
        "arms crossed",
        "walking",
        "pockets",
        "phone",
        "holding book",
        "leaning",
        "hands behind",
    ),
}
SWEEPING = frozenset({"waving", "pointing"})  # what would cover a neighbour's face
# How often each of a person's outfits is worn: uniform, with blazer, casual, street, office.
WORN: dict[str, tuple[float, ...]] = {
    "after-class": (0.22, 0.25, 0.21, 0.2, 0.12),
    "moonlit-bus": (0.16, 0.18, 0.22, 0.24, 0.2),
    "tidal-town": (0.12, 0.1, 0.36, 0.28, 0.14),
}


class Instance(NamedTuple):
    """A garment's or head of hair's visible pixels: ``mask`` (bool) lies at ``x0, y0`` of the strip."""

    class_name: str
    panel: int
    x0: int
    y0: int
    mask: Mask


@dataclass(frozen=True)
class Drawing:
    """A drawn strip (h, w, 3) and its truth, before it is sliced."""

    strip: Pixels
    panels: tuple[Box, ...]
    texts: tuple[Box, ...]
    extents: tuple[Box, ...]
    instances: tuple[Instance, ...]


def draw_strip(series: str, number: int) -> Drawing:
    """Draw a whole strip: gutters, panels, then texts over both."""
    plan = plan_episode(series, number)
    board = _Board(plan)
    people = cast(STYLES[series], seed(series, 0, 1))
    for index, cell in enumerate(plan.cells):
        board.add_cell(index, cell, people)
    for index, cell in enumerate(plan.cells):
        board.add_texts(cell, seed(series, number, 2, index))
    for place, loose in enumerate(plan.loose):
        board.add_loose(loose, seed(series, number, 4, place))
    return board.drawing()


class _Board:
    """The strip in the making and, for every pixel, the number of the instance that it shows."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.style: Style = STYLES[plan.series]
        self.look = LOOKS[plan.series]
        self.strip: Pixels = np.concatenate(
            [gradient(plan.width, paper.y1 - paper.y0, paper.top, paper.bottom) for paper in plan.papers]
        )
        self.owner = np.zeros(self.strip.shape[:2], np.uint16)
        self.names: list[tuple[str, int]] = [("", -1)]
        self.panels: list[Box] = []
        self.texts: list[Box] = []
        self.extents: list[Box] = []

    def add_cell(self, index: int, cell: Cell, people: tuple[Character, ...]) -> None:
        """Draw a panel's people on its backdrop and put them on the strip."""
        rng = seed(self.plan.series, self.plan.number, 1, index)
        x0, y0, x1, y1 = cell.box
        width, height = x1 - x0, y1 - y0
        shape = _shape(cell)
        canvas = Canvas(width, height, self._ground(cell, rng))
        crew = seed(self.plan.series, self.plan.number, 5, cell.scene)
        order = crew.permutation(len(people))
        suits = crew.choice(5, len(people), p=WORN[self.plan.series])
        for part in cell.people:
            alone = len(cell.people) == 1
            _draw_part(
                canvas, self.style, people[int(order[part.who])], part, int(suits[part.who]), alone, rng
            )
        picture = canvas.picture()
        if cell.edge == "open":
            shape = _changed(picture, self.strip[y0:y1, x0:x1])
            if picture[0, 0].max() < 100:
                shape = _draw_rim(picture, shape)
        else:
            _draw_frame(picture, cell, self.plan.width)
        self._paste(Patch(x0, y0, picture, shape))
        mine = shape > (0.02 if cell.edge == "open" else 0.5)
        inside = _inside(cell, self.plan.width) & (mine | (cell.edge == "open"))
        for class_name, mask in canvas.instances():
            visible = mask & inside
            mine |= visible
            if visible.any():
                self.names.append((class_name, index))
                self.owner[y0:y1, x0:x1][visible] = len(self.names) - 1
        box = Patch(x0, y0, picture, mine.astype(np.float32)).box if cell.edge == "open" else cell.box
        self.panels.append(box)
        self.extents.append(box)

    def add_texts(self, cell: Cell, rng: np.random.Generator) -> None:
        """Letter a panel."""
        for patch in place_texts(cell, self.plan.width, self.look, rng):
            self._paste(patch)
            self.extents.append(patch.box)

    def add_loose(self, loose: Loose, rng: np.random.Generator) -> None:
        """Letter a gutter: what lies there is text only."""
        boxes = []
        for patch in letter_loose(loose, self.plan.series, rng):
            self._paste(patch)
            boxes.append(patch.box)
        low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
        box = (int(low[0]), int(low[1]), int(high[2]), int(high[3]))
        self.texts.append(box)
        self.extents.append(box)

    def drawing(self) -> Drawing:
        """What was drawn, in the order of rows."""
        found = [self._instance(number) for number in range(1, len(self.names))]
        texts = tuple(sorted(self.texts, key=lambda box: box[1]))
        instances = tuple(instance for instance in found if instance is not None)
        return Drawing(self.strip, tuple(self.panels), texts, tuple(self.extents), instances)

    def _instance(self, number: int) -> Instance | None:
        class_name, panel = self.names[number]
        x0, y0, x1, y1 = self.panels[panel]
        mask = self.owner[y0:y1, x0:x1] == number
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return None
        part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
        return Instance(class_name, panel, x0 + int(columns[0]), y0 + int(rows[0]), part)

    def _ground(self, cell: Cell, rng: np.random.Generator) -> Pixels:
        x0, y0, x1, y1 = cell.box
        sheet = Sheet(x1 - x0, y1 - y0, (0, 0, 0))
        sheet.pixels[:] = self.strip[y0:y1, x0:x1]
        if cell.backdrop:
            sheet.pixels[:] = draw_backdrop(cell.backdrop, sheet.width, sheet.height, cell.zoom, rng)
        if cell.thing:
            draw_thing(sheet, cell.thing, self.style.line_px * 1.4)
        if cell.edge == "open" and not self.style.line_px:
            _draw_pool(sheet, rng)  # without lines, pale clothes need a ground to stand out from
        return sheet.pixels

    def _paste(self, patch: Patch) -> None:
        """Lay a patch on the strip; what it hides belongs to no instance any more."""
        height, width = patch.cover.shape
        x0, y0 = max(patch.x0, 0), max(patch.y0, 0)
        x1, y1 = min(patch.x0 + width, self.plan.width), min(patch.y0 + height, self.plan.height)
        rows, columns = slice(y0 - patch.y0, y1 - patch.y0), slice(x0 - patch.x0, x1 - patch.x0)
        cover = patch.cover[rows, columns]
        part = self.strip[y0:y1, x0:x1]
        if cover.min() >= 1:
            part[:] = patch.colours[rows, columns]
            self.owner[y0:y1, x0:x1] = 0
            return
        mixed = part + (patch.colours[rows, columns] - part.astype(np.float32)) * cover[..., None]
        part[:] = np.rint(mixed).astype(np.uint8)
        self.owner[y0:y1, x0:x1][cover > 0.5] = 0


def _draw_part(
    canvas: Canvas,
    style: Style,
    person: Character,
    part: Part,
    suit: int,
    alone: bool,
    rng: np.random.Generator,
) -> None:
    """Draw a person of a panel in what they wear in this scene, outfit ``suit``."""
    feelings = FEELINGS[part.tone]
    gestures = [name for name in GESTURES[part.tone] if alone or name not in SWEEPING]
    draw_person(
        canvas,
        style,
        person,
        x=part.x,
        y=part.y,
        head_px=part.head_px,
        pose=gestures[int(rng.integers(len(gestures)))],
        outfit=person.outfits[suit],
        facing=part.facing,
        rng=rng,
        expression=feelings[int(rng.integers(len(feelings)))],
    )


def _draw_pool(sheet: Sheet, rng: np.random.Generator) -> None:
    """Lay an uneven pool of pale colour behind a figure that has no frame."""
    paper = sheet.pixels.copy()
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = 1 + 0.06 * np.sin(angle * 3 + rng.uniform(0, 6)) + 0.04 * np.sin(angle * 5 + rng.uniform(0, 6))
    points = np.stack(
        [np.cos(angle) * reach * sheet.width * 0.36, np.sin(angle) * reach * sheet.height * 0.38], 1
    )
    at = np.array([sheet.width / 2, sheet.height * 0.52])
    tint = ((190, 220, 226), (246, 222, 196), (208, 222, 200))[int(rng.integers(3))]
    sheet.fill(points + at, tint)
    covered = np.abs(sheet.pixels.astype(np.int16) - paper).max(axis=2) > 0
    wash(sheet, 1.4, rng)
    sheet.pixels[~covered] = paper[~covered]


def _draw_rim(picture: Pixels, shape: Floats) -> Floats:
    """Give a figure on dark paper a pale rim, as stickers have, and return its cover with the rim."""
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    wide = cv2.dilate((shape > 0).astype(np.uint8) * 255, brush)
    soft = np.asarray(cv2.GaussianBlur(wide, (0, 0), 1.0), np.float32) / np.float32(255)
    picture[shape == 0] = (232, 226, 248)
    return np.asarray(np.maximum(soft, shape), np.float32)


def _shape(cell: Cell) -> Floats:
    """How far each pixel of a panel's box is covered by it, (h, w) from 0 to 1."""
    width, height = cell.box[2] - cell.box[0], cell.box[3] - cell.box[1]
    if not cell.slant:
        return np.ones((height, width), np.float32)
    sheet = np.zeros((height, width), np.uint8)
    outline = np.array([(-9, -9), (width + 9, -9), (width - 1, height - 1 - cell.slant), (0, height - 1)])
    cv2.fillPoly(sheet, [outline], 255, cv2.LINE_AA)
    return sheet.astype(np.float32) / np.float32(255)


def _draw_frame(picture: Pixels, cell: Cell, strip_width: int) -> None:
    """Draw a panel's line along the inside of its box, but not at an edge of the strip."""
    frame = ~_inside(cell, strip_width)
    picture[frame] = cell.line


def _inside(cell: Cell, strip_width: int) -> Mask:
    """Pixels of a panel's box (h, w) that its frame leaves free."""
    x0, y0, x1, y1 = cell.box
    px = cell.line_px
    inside = np.ones((y1 - y0, x1 - x0), np.bool_)
    if not px:
        return inside
    inside[:px] = False
    if x0 > 0:
        inside[:, :px] = False
    if x1 < strip_width:
        inside[:, -px:] = False
    low = np.rint(y1 - y0 - px - cell.slant * np.linspace(0, 1, x1 - x0))
    return inside & (np.arange(y1 - y0)[:, None] < low[None, :])


def _changed(picture: Pixels, paper: Pixels) -> Floats:
    """Cover of what was drawn on the paper: 1 where a channel is off by more than JPEG would show."""
    off = np.abs(picture.astype(np.int16) - paper).max(axis=2)
    return np.asarray(off > 6, np.float32)
