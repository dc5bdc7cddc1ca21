"""The rough cut: the drawn bands of a strip between its gutters."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from toonseg.cuts.gutters import choose_gutters
from toonseg.cuts.rows import measure_lines
from toonseg.cuts.stretches import find_stretches
from toonseg.strip import Strip


@dataclass(frozen=True)
class RoughCutParams:
    """Section ``cut_rough`` of params.yaml: what a gutter is. Levels run from 0 to 255."""

    min_gutter_px: Annotated[int, Ge(2)]
    max_stray_levels: Annotated[int, Ge(0), Le(255)]
    stray_levels: Annotated[int, Ge(0), Le(255)]
    stray_share: Annotated[float, Ge(0), Le(1)]
    colour_tolerance_levels: Annotated[int, Ge(0), Le(255)]


def find_bands(strip: Strip, params: RoughCutParams, window_rows: int = 2048) -> list[tuple[int, int]]:
    """Find the bands of a strip: sorted, disjoint spans of rows; the gutters are what is between them.

    A strip without gutters is one band; one without rows, or with nothing drawn, has none. ``window_rows``
    are read at a time and change nothing in the result.
    """
    half = strip.half
    lines = measure_lines(
        half, params.max_stray_levels, params.stray_levels, params.stray_share, window_rows // 2
    )
    # The lines at both ends of a gutter hold some of the drawings beside it.
    stretches = find_stretches(lines, max(1, params.min_gutter_px // 2 - 1))
    gutters = choose_gutters(lines, stretches, params.colour_tolerance_levels)
    edges = [0, *(half.row(y) for gutter in gutters for y in (gutter.y0, gutter.y1)), strip.height]
    return [(y0, y1) for y0, y1 in zip(edges[::2], edges[1::2], strict=True) if y0 < y1]
