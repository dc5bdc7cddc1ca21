"""How well found panels fit the true ones."""

from dataclasses import dataclass, field, fields

import numpy as np
from drawn_art import Box


@dataclass
class Score:
    """Counts over a group's strips."""

    true: int = 0
    found: int = 0
    hits75: int = 0
    hits90: int = 0
    texts: int = 0
    kept: int = 0
    merged: int = 0
    split: int = 0
    broken: int = 0
    errors: list[float] = field(default_factory=list)

    def add(self, panels: list[Box], texts: list[Box], found: list[Box]) -> None:
        """Count one strip's result."""
        overlap = np.array([[iou(a, b) for b in found] for a in panels]).reshape(len(panels), len(found))
        best = overlap.max(axis=1, initial=0.0)
        self.true += len(panels)
        self.found += len(found)
        self.hits75 += int((best >= 0.75).sum())
        self.hits90 += int((best >= 0.9).sum())
        for number in np.flatnonzero(best >= 0.75):
            self.errors += list(np.abs(np.subtract(panels[number], found[int(overlap[number].argmax())])))
        for number, panel in enumerate(panels):
            if best[number] < 0.75:
                self._count_fault(panel, panels, found)
        self.texts += len(texts)
        self.kept += sum(
            any(iou(text, box) > 0.3 or inside(text, box, panels) for box in found) for text in texts
        )

    def _count_fault(self, panel: Box, panels: list[Box], found: list[Box]) -> None:
        """Count what became of a panel that was not found: merged, split or otherwise broken, or lost."""
        holders = [box for box in found if common(box, panel) > 0.5 * area(panel)]
        pieces = [box for box in found if common(box, panel) > 0.5 * area(box)]
        if any(sum(common(box, other) > 0.5 * area(other) for other in panels) > 1 for box in holders):
            self.merged += 1
        elif len(pieces) > 1:
            self.split += 1
        elif holders or pieces:
            self.broken += 1

    def f1(self, hits: int) -> float:
        """The F1 of this many hits; 1 of nothing found where nothing is."""
        return 2 * hits / (self.true + self.found) if self.true + self.found else 1.0

    def plus(self, other: "Score") -> "Score":
        """Both together."""
        return Score(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))

    def line(self, name: str) -> str:
        """The group's row."""
        edge = float(np.median(self.errors)) if self.errors else 0.0
        faults = f"{self.merged:6d} {self.split:5d} {self.broken:6d}"
        f1s = f"{self.f1(self.hits75):.3f} {self.f1(self.hits90):.3f}"
        return f"{name:16s} {f1s} {edge:5.1f} {self._kept()} {faults}"

    def brief(self) -> str:
        """F1 at IoU .75 and .9, and kept texts."""
        return f"{self.f1(self.hits75):.3f} {self.f1(self.hits90):.3f} {self._kept()}"

    def _kept(self) -> str:
        return f"{self.kept:3d}/{self.texts:<3d}" if self.texts else " " * 7


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    both = common(one, other)
    return both / (area(one) + area(other) - both)


def inside(text: Box, box: Box, panels: list[Box]) -> bool:
    """Whether a text lies in a found box that is no true panel."""
    return common(text, box) > 0.5 * area(text) and all(iou(box, panel) < 0.5 for panel in panels)


def common(one: Box, other: Box) -> int:
    width, height = (
        min(one[2], other[2]) - max(one[0], other[0]),
        min(one[3], other[3]) - max(one[1], other[1]),
    )
    return max(0, width) * max(0, height)


def area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
