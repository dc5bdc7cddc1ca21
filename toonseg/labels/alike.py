"""Near-duplicate panels: the same picture drawn again, with another text or another face.

Two panels are near-duplicates when people labelled the same things at the same places on them, and when
their pictures have the same steps of brightness. The labels are compared first, because that costs
no picture: only panels with a partner in labels are looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.labels.project import LabelledPanel
from toonseg.records import Panel

Fingerprints = NDArray[np.uint64]  # (n, 8): 512 bits a picture
Pairs = NDArray[np.int64]  # (n, 2)

# How far a side of a label's box may be off, as a share of the panel's side; panels' own proportions alike.
LABEL_TOLERANCE = 0.06
# Least share of common steps (Jaccard). Measured by benchmarks/labels.py on the demo.
LEAST_COMMON = 0.5
_GRID = 16
# A smaller difference of neighbouring cells, as a share of the picture's contrast, is no step: flat areas
# have none.
_STEP_SHARE, _LEAST_STEP_LEVELS = 0.12, 2.0
_BLOCK, _BLOCK_PAIRS = 512, 1 << 19  # what is compared at once, to bound memory


def fingerprint(picture: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """512 bits of an RGB (h, w, 3) picture: where a 16 x 16 grid of its greys steps up, right and down.

    The difference hash of Krawetz, "Kind of Like That" (2013), with a least step, so that flat areas
    count as equal and not as noise.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    cells = cv2.resize(grey, (_GRID + 1, _GRID + 1), interpolation=cv2.INTER_AREA)
    step = max(_LEAST_STEP_LEVELS, _STEP_SHARE * float(cells.std()))
    right = np.diff(cells, axis=1)[:_GRID] > step
    down = np.diff(cells, axis=0)[:, :_GRID] > step
    return np.packbits(np.concatenate([right.ravel(), down.ravel()])).view(np.uint64)


def near_duplicates(
    panels: Sequence[LabelledPanel], look: Callable[[Sequence[Panel]], Fingerprints]
) -> list[tuple[int, int]]:
    """The pairs of near-duplicates, as indices into ``panels``, the lower first, sorted.

    ``look`` gives the fingerprints of panels, a row each.
    """
    buckets = [(indices, _layouts(panels, indices)) for indices in _same_classes(panels)]
    partners = sorted({int(i) for indices, layouts in buckets for i in indices[_with_partner(layouts)]})
    if not partners:
        return []
    prints = np.zeros((len(panels), 2 * _GRID * _GRID // 64), dtype=np.uint64)
    prints[partners] = look([panels[index].panel for index in partners])
    return sorted(
        (int(indices[first]), int(indices[second]))
        for indices, layouts in buckets
        for first, second in _pairs(layouts, prints[indices])
    )


def _same_classes(panels: Sequence[LabelledPanel]) -> list[NDArray[np.int64]]:
    """The indices of panels with the same number of instances of each class, where there are several."""
    buckets: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, shown in enumerate(panels):
        buckets[tuple(sorted(label.name for label in shown.annotations if not label.ignored))].append(index)
    return [np.array(indices) for indices in buckets.values() if len(indices) > 1]


def _layouts(panels: Sequence[LabelledPanel], indices: NDArray[np.int64]) -> NDArray[np.float32]:
    """A row for each panel: the logarithm of its proportions, its labels' boxes as shares of its sides."""
    rows = []
    for index in indices:
        panel = panels[index].panel
        width, height = panel.x1 - panel.x0, panel.y1 - panel.y0
        labels = [label for label in panels[index].annotations if not label.ignored]
        labels.sort(key=lambda label: (label.name, label.box[0] + label.box[2], label.box))
        boxes = [np.divide(label.box, (width, height, width, height)) for label in labels]
        rows.append(np.concatenate([[np.log(width / height)], *boxes]))
    return np.array(rows, dtype=np.float32)


def _with_partner(layouts: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which panels have another one with the same layout."""
    return np.concatenate([near.sum(axis=1) > 1 for _, near in _agreeing(layouts)])


def _pairs(layouts: NDArray[np.float32], prints: Fingerprints) -> Iterator[tuple[int, int]]:
    """The pairs that agree in layout and picture, the lower first."""
    for start, near in _agreeing(layouts):
        rows, columns = np.nonzero(near)
        later = start + rows < columns
        firsts, seconds = start + rows[later], columns[later]
        for at in range(0, len(firsts), _BLOCK_PAIRS):
            first, second = firsts[at : at + _BLOCK_PAIRS], seconds[at : at + _BLOCK_PAIRS]
            alike = common_steps(prints[first], prints[second]) >= LEAST_COMMON
            yield from zip(first[alike].tolist(), second[alike].tolist(), strict=True)


def common_steps(one: Fingerprints, other: Fingerprints) -> NDArray[np.float64]:
    """The shares of steps that fingerprints have in common, row by row; 1 where neither has any."""
    both = np.bitwise_count(one & other).sum(axis=-1, dtype=np.int64)
    either = np.bitwise_count(one | other).sum(axis=-1, dtype=np.int64)
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


def _agreeing(layouts: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Blocks of rows (their first, and (rows, all) of whether layouts agree)."""
    for start in range(0, len(layouts), _BLOCK):
        block = layouts[start : start + _BLOCK]
        near = np.ones((len(block), len(layouts)), dtype=bool)
        for column in range(layouts.shape[1]):
            near &= np.abs(block[:, None, column] - layouts[None, :, column]) <= LABEL_TOLERANCE
        yield start, near
