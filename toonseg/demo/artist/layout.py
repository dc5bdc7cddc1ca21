"""Lays an episode out: panels, gutters and loose texts on one strip, from its title to its credits."""

from dataclasses import replace

import numpy as np

from toonseg.demo.artist.backdrops import MOODS
from toonseg.demo.artist.crowd import place_people
from toonseg.demo.artist.ink import Rgb
from toonseg.demo.artist.plan import Box, Cell, Edge, Loose, Paper, Part, Plan, Shot, seed
from toonseg.demo.artist.scripts import SCRIPTS, Line
from toonseg.demo.artist.story import Beat, is_short, tell
from toonseg.demo.artist.styles import STYLES

PAPERS: dict[str, tuple[Rgb, ...]] = {
    "after-class": ((255, 255, 255), (255, 255, 255), (255, 240, 242), (236, 244, 255), (38, 34, 46)),
    "moonlit-bus": ((0, 0, 0), (0, 0, 0), (0, 0, 0), (22, 18, 56), (255, 255, 255)),
    "tidal-town": ((255, 255, 255), (250, 246, 234), (224, 238, 242), (255, 255, 255), (250, 232, 218)),
}
FRAMES: dict[str, tuple[tuple[int, Rgb], ...]] = {
    "after-class": ((2, (86, 76, 96)), (1, (130, 118, 140)), (4, (255, 255, 255)), (0, (0, 0, 0))),
    "moonlit-bus": ((5, (12, 10, 26)), (3, (14, 10, 28)), (4, (96, 70, 190)), (2, (220, 214, 240))),
    "tidal-town": ((0, (0, 0, 0)), (2, (150, 140, 136)), (6, (255, 253, 248))),
}
# Places that need no line on their series' paper, being nowhere as pale or as dark.
UNFRAMED = frozenset({"rooftop", "street", "sea-wall", "harbour", "beach", "village"})
THINGS: dict[str, tuple[str, ...]] = {
    "after-class": ("clock", "cat", "milk", "phone"),
    "moonlit-bus": ("bus-front", "moon", "clock", "umbrella", "cat"),
    "tidal-town": ("gull", "shell", "umbrella", "boat"),
}


def plan_episode(series: str, number: int) -> Plan:
    """Plan the panels, gutters and loose texts of an episode of 12 to 15 panels."""
    rng = seed(series, number)
    beats = tell(SCRIPTS[series], series, number, 12 + int(rng.integers(4)), rng)
    planner = _Planner(series, rng)
    planner.title(SCRIPTS[series].titles[number - 1], number)
    rest = list(beats)
    while rest:
        planner.row(rest)
    planner.credits()
    return planner.plan(number)


class _Planner:
    """Lays rows of panels and gutters downwards; ``y`` is the first free row."""

    def __init__(self, series: str, rng: np.random.Generator) -> None:
        self.series = series
        self.style = STYLES[series]
        self.width = self.style.width_px
        self.rng = rng
        self.y = 0
        self.paper: Rgb = PAPERS[series][0]
        self.papers: list[Paper] = []
        self.cells: list[Cell] = []
        self.loose: list[Loose] = []
        self.since = 0  # first row of the paper in force
        self.scene = 0
        self.rows_here = 0
        self.pending: Rgb | None = None
        self.things: list[str] = []

    def plan(self, number: int) -> Plan:
        self._close_paper(self.y)
        return Plan(
            self.series,
            number,
            self.width,
            self.y,
            tuple(self.papers),
            tuple(self.cells),
            tuple(self.loose),
        )

    def title(self, title: str, number: int) -> None:
        self.y += 60 + int(self.rng.integers(60))
        text = Line("*", "caption", f"제{number}화 {title}")
        self.loose.append(Loose("title", text, self.width / 2, self.y + 110, self._dark()))
        self.y += 220 + int(self.rng.integers(60))

    def credits(self) -> None:
        self.y += 150
        text = Line("*", "caption", "")
        self.loose.append(Loose("credits", text, self.width / 2, self.y + 120, self._dark()))
        self.y += 300

    def row(self, beats: list[Beat]) -> None:
        """Lay the next beat, or two of them side by side, after the gutter they need."""
        if beats[0].scene != self.scene:
            self._new_scene(beats[0].scene)
        self.rows_here += 1
        pair = (
            len(beats) > 1 and beats[0].scene == beats[1].scene and all(is_short(beat) for beat in beats[:2])
        )
        if pair and self.rows_here > 1 and not self.pending and self.rng.random() < 0.3:
            self._gutter(beats[0], around=False)
            self._pair(beats.pop(0), beats.pop(0))
        else:
            self._single(beats.pop(0))

    def _new_scene(self, scene: int) -> None:
        self.scene = scene
        self.rows_here = 0
        choices = PAPERS[self.series]
        paper = choices[int(self.rng.integers(len(choices)))]
        if paper == self.paper:
            self.y += 60 + int(self.rng.integers(120))
            return
        if self.rng.random() < 0.3:
            self.pending = paper  # changes behind the next panel that spans the strip
            self.y += 60
            return
        self.y += 40
        self._close_paper(self.y)
        tall = 200 + int(self.rng.integers(200))
        self.papers.append(Paper(self.y, self.y + tall, self.paper, paper))
        self.y += tall
        self.since = self.y
        self.paper = paper
        self.y += 40

    def _close_paper(self, y: int) -> None:
        if y > self.since:
            self.papers.append(Paper(self.since, y, self.paper, self.paper))
        self.since = y

    def _dark(self) -> bool:
        return sum(self.paper) < 380

    def _gutter(self, beat: Beat, around: bool) -> Beat:
        """Leave a gutter before a beat. One of its lines may move out into it: the beat left is returned."""
        rng = self.rng
        movable = [line for line in beat.texts if line.tone in ("speech", "caption", "thought", "sound")]
        if around and movable and rng.random() < 0.3:
            line = movable[0]
            self.y += 90 + int(rng.integers(70))
            x = self.width * float(rng.uniform(0.36, 0.64))
            self.loose.append(Loose("line", line, x, self.y + 60, self._dark()))
            self.y += 170 + int(rng.integers(80))
            left = tuple(other for other in beat.texts if other is not line)
            return replace(beat, texts=left)
        low, high = ((8, 15), (30, 90), (100, 220), (220, 400))[int(rng.choice(4, p=[0.2, 0.36, 0.34, 0.1]))]
        self.y += int(rng.integers(low, high))
        return beat

    def _single(self, beat: Beat) -> None:
        rng = self.rng
        beat = self._gutter(beat, around=True)
        shots: tuple[Shot, ...] = ("close", "near", "middle", "far")
        shot = shots[int(rng.choice(4, p=[0.12, 0.28, 0.32, 0.28]))]
        if shot == "close" and beat.texts:
            shot = "near"  # a face that fills its panel leaves no room for words
        edge: Edge = ("framed", "bleeding", "open")[int(rng.choice(3, p=[0.62, 0.24, 0.14]))]
        if edge == "open" and not beat.empty and not self.pending:
            self._open(beat)
            return
        x0, x1 = self._span("bleeding" if edge == "open" else edge)
        if self.pending:
            x0, x1, edge = 0, self.width, "bleeding"
        height = self._height(shot, beat.empty)
        slant = int(rng.integers(14, 34)) if edge == "framed" and rng.random() < 0.1 else 0
        free = rng.random() < 0.4
        if free and beat.texts:
            self.y += 70
        self._cell(beat, (x0, self.y, x1, self.y + height), shot, slant, free)
        if self.pending:
            self._close_paper(self.y + height // 2)
            self.paper, self.pending = self.pending, None
        self.y += height

    def _span(self, edge: Edge) -> tuple[int, int]:
        """Columns of a panel that fills the width, touches one side, keeps margins or is narrow."""
        rng = self.rng
        if edge == "bleeding":
            cut = int(rng.integers(50, 130))
            return ((0, self.width), (0, self.width), (cut, self.width), (0, self.width - cut))[
                int(rng.integers(4))
            ]
        margin = int(rng.integers(26, 62))
        if rng.random() < 0.16:
            wide = int(self.width * rng.uniform(0.58, 0.72))
            left = int(rng.integers(margin, self.width - margin - wide + 1))
            return left, left + wide
        return margin, self.width - margin

    def _height(self, shot: Shot, empty: bool) -> int:
        low, high = {"close": (230, 330), "near": (380, 560), "middle": (470, 660), "far": (600, 820)}[shot]
        if empty:
            low, high = 300, 560
        return int(self.rng.integers(low, high) * self.width / 720)

    def _pair(self, first: Beat, second: Beat) -> None:
        """Two panels side by side, level or stepped."""
        rng = self.rng
        margin, gap = int(rng.integers(0, 50)), int(rng.integers(8, 20))
        middle = int(self.width * rng.uniform(0.42, 0.58))
        height = int(rng.integers(440, 600))
        step = int(rng.integers(50, 130)) if rng.random() < 0.4 else 0
        left = (margin, self.y, middle - gap // 2, self.y + height)
        right = (middle - gap // 2 + gap, self.y + step, self.width - margin, self.y + height + step)
        for beat, box in ((first, left), (second, right)):
            shot: Shot = "near" if rng.random() < 0.6 else "middle"
            self._cell(beat, box, shot, 0, False)
        self.y += height + step

    def _cell(self, beat: Beat, box: Box, shot: Shot, slant: int, free: bool) -> None:
        rng = self.rng
        width, height = box[2] - box[0], box[3] - box[1]
        tone = next((text.tone for text in beat.texts if text.who in "abc"), "speech")
        zoom = {"close": 2.4, "near": 1.9, "middle": 1.4, "far": 1.0}[shot]
        backdrop, thing = beat.place, ""
        people: tuple[Part, ...] = ()
        if beat.empty:
            zoom = float(rng.uniform(0.9, 1.2))
            if rng.random() < (0.3 if self.rows_here == 1 else 0.75):
                self.things = self.things or [str(name) for name in rng.permutation(THINGS[self.series])]
                thing = self.things.pop()
                backdrop = str(rng.choice(MOODS[self.series]["thought"]))
        else:
            people = place_people(beat.texts, shot, self.style.figure.heads, width, height, rng)
            likely = {"shout": 0.8, "thought": 0.6, "speech": 0.22}[tone]
            if shot != "far" and rng.random() < likely:
                backdrop = str(rng.choice(MOODS[self.series][tone]))
        line_px, line = self._frame(backdrop)
        whole = box[0] == 0 and box[2] == self.width
        edge: Edge = "bleeding" if whole else "framed"
        self.cells.append(
            Cell(box, edge, line_px, line, slant, backdrop, zoom, thing, beat.scene, people, beat.texts, free)
        )

    def _frame(self, backdrop: str) -> tuple[int, Rgb]:
        """A line that shows on this paper; none only around a place whose own edges show on it."""
        choices = [
            (px, rgb)
            for px, rgb in FRAMES[self.series]
            if (px and max(abs(a - b) for a, b in zip(rgb, self.paper, strict=True)) > 60)
            or (not px and backdrop in UNFRAMED)
        ]
        return choices[int(self.rng.integers(len(choices)))]

    def _open(self, beat: Beat) -> None:
        """Whole figures that stand on the paper without a frame, their texts beside them."""
        rng = self.rng
        heads = self.style.figure.heads
        head = float(rng.uniform(88, 124)) * self.width / 720 * 7 / max(heads, 5.6)
        height = round(head * (heads + 0.9))
        beat = replace(beat, texts=beat.texts[:1])
        parts = place_people(beat.texts, "far", heads, self.width, height, rng)[:2]
        spread = head * float(rng.uniform(1.7, 2.2))
        middle = self.width * float(rng.uniform(0.4, 0.6))
        standing = tuple(
            replace(part, x=middle + (place - (len(parts) - 1) / 2) * spread, y=head * 0.5, head_px=head)
            for place, part in enumerate(parts)
        )
        self.y += 120 if beat.texts else 40
        box = (0, self.y, self.width, self.y + height)
        self.cells.append(
            Cell(box, "open", 0, (0, 0, 0), 0, "", 1.0, "", beat.scene, standing, beat.texts, True)
        )
        self.y += height + 20
