"""Thresholds of the cuts, as params.yaml has them. Apart from the code that uses them, which needs OpenCV."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le


@dataclass(frozen=True)
class RoughCutParams:
    """Section ``cut_rough`` of params.yaml: what a gutter is. Levels run from 0 to 255."""

    min_gutter_px: Annotated[int, Ge(2)]
    max_stray_levels: Annotated[int, Ge(0), Le(255)]
    stray_levels: Annotated[int, Ge(0), Le(255)]
    stray_share: Annotated[float, Ge(0), Le(1)]
    colour_tolerance_levels: Annotated[int, Ge(0), Le(255)]


@dataclass(frozen=True)
class PanelParams:
    """What a panel is: lengths in pixels of the strip, levels from 0 to 255."""

    background_levels: Annotated[int, Ge(0), Le(255)]
    halo_levels: Annotated[int, Ge(0), Le(255)]
    min_gap_px: Annotated[int, Ge(2)]
    min_panel_px: Annotated[int, Ge(4)]
    max_letter_px: Annotated[int, Ge(2)]
    part_gap_px: Annotated[int, Ge(0)]
    text_gap_px: Annotated[int, Ge(0)]


@dataclass(frozen=True)
class CutParams(PanelParams):
    """Section ``cut`` of params.yaml: what a panel is, and how its picture is written."""

    format: Literal["png", "jpg", "webp"]
    quality: Annotated[int, Ge(1), Le(100)]
