"""The three drawing styles of the demo series: line, palette, figure and shading as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from toonseg.demo.artist.ink import Rgb

Shading = Literal["soft", "cel", "wash"]


@dataclass(frozen=True)
class Figure:
    """Proportions: lengths in heads (the height of a head from crown to chin)."""

    heads: float  # height of a standing adult
    head_width: float  # half the width of a face at the temples
    shoulders: tuple[float, float]  # half the width of a woman's and a man's shoulders
    hips: tuple[float, float]  # half the width of a woman's and a man's hips
    limb: float  # thickness of arms and legs against the slimmest
    chin: float  # 0 round to 1 pointed


@dataclass(frozen=True)
class Eyes:
    """How eyes are drawn: lengths in heads."""

    cut: Literal["gem", "sharp", "bead"]
    width: float
    height: float
    slant: float  # outer corner raised by
    lash_px: float  # weight of the upper lash, against the line
    shine: int  # highlights in an iris


@dataclass(frozen=True)
class Style:
    """Everything in which one series differs from another."""

    name: str
    width_px: int  # width of its pages
    shading: Shading
    line_px: float  # outline at a head of 120 px; 0 for none
    pen_px: float  # lines inside a part, at the same head
    pen_alpha: float  # their strength
    line: Rgb
    line_own: float  # 0: outlines in the line's colour, 1: in a dark tone of the part's own
    soft_edge: float  # how far shadows are blurred, in heads
    shadow: Rgb  # multiplied on what lies in shadow
    light: Rgb  # screened on what catches light
    figure: Figure
    eyes: Eyes
    skins: tuple[Rgb, ...]
    blush: Rgb
    hairs: tuple[Rgb, ...]
    irises: tuple[Rgb, ...]
    shirts: tuple[Rgb, ...]
    tops: tuple[Rgb, ...]
    bottoms: tuple[Rgb, ...]
    outers: tuple[Rgb, ...]
    vests: tuple[Rgb, ...]
    ties: tuple[Rgb, ...]
    uniforms: tuple[tuple[Rgb, Rgb, Rgb, Rgb, Rgb], ...]  # shirt, tie, vest, outer, bottom


_AFTER_CLASS = Style(
    name="after-class",
    width_px=690,
    shading="soft",
    line_px=1.3,
    pen_px=1.1,
    pen_alpha=0.85,
    line=(74, 62, 84),
    line_own=0.35,
    soft_edge=0.004,
    shadow=(218, 208, 234),
    light=(80, 70, 60),
    figure=Figure(7.0, 0.365, (0.65, 0.83), (0.52, 0.5), 0.92, 0.75),
    eyes=Eyes("gem", 0.19, 0.165, 0.012, 1.7, 3),
    skins=((255, 232, 218), (252, 222, 204), (246, 210, 186), (226, 180, 150)),
    blush=(250, 150, 150),
    hairs=(
        (62, 54, 66),
        (96, 68, 58),
        (146, 100, 72),
        (206, 160, 108),
        (236, 206, 150),
        (128, 98, 132),
        (216, 142, 142),
        (84, 98, 136),
    ),
    irises=((110, 78, 66), (82, 116, 168), (92, 150, 120), (148, 96, 150), (196, 130, 70)),
    shirts=(
        (252, 252, 255),
        (226, 238, 252),
        (252, 230, 234),
        (240, 236, 222),
        (190, 208, 234),
        (206, 228, 212),
    ),
    tops=(
        (250, 250, 250),
        (250, 198, 180),
        (180, 218, 214),
        (250, 226, 150),
        (176, 188, 226),
        (226, 160, 172),
        (92, 98, 122),
    ),
    bottoms=(
        (90, 104, 146),
        (124, 128, 142),
        (196, 180, 160),
        (70, 70, 92),
        (150, 172, 204),
        (172, 126, 122),
    ),
    outers=(
        (84, 96, 140),
        (236, 208, 180),
        (190, 204, 190),
        (216, 160, 160),
        (122, 118, 138),
        (150, 178, 210),
    ),
    vests=((236, 220, 184), (150, 160, 188), (196, 122, 128), (120, 150, 132), (92, 92, 126)),
    ties=((196, 76, 92), (74, 96, 160), (226, 150, 80), (92, 140, 116), (136, 92, 150)),
    uniforms=(
        ((252, 252, 255), (196, 72, 92), (238, 222, 186), (88, 104, 152), (120, 130, 158)),
        ((252, 252, 255), (72, 112, 168), (150, 162, 190), (198, 178, 160), (96, 98, 128)),
    ),
)

_MOONLIT_BUS = Style(
    name="moonlit-bus",
    width_px=720,
    shading="cel",
    line_px=2.3,
    pen_px=1.7,
    pen_alpha=1.0,
    line=(14, 10, 24),
    line_own=0.0,
    soft_edge=0.0,
    shadow=(138, 120, 190),
    light=(70, 90, 130),
    figure=Figure(5.9, 0.38, (0.66, 0.9), (0.52, 0.52), 1.05, 1.0),
    eyes=Eyes("sharp", 0.215, 0.145, 0.032, 2.0, 1),
    skins=((250, 216, 196), (240, 196, 168), (216, 164, 134), (150, 100, 80)),
    blush=(230, 90, 100),
    hairs=(
        (24, 22, 36),
        (44, 40, 92),
        (110, 32, 50),
        (226, 184, 70),
        (206, 210, 226),
        (110, 60, 150),
        (34, 112, 120),
        (200, 84, 40),
    ),
    irises=((236, 170, 40), (60, 150, 230), (220, 60, 80), (90, 190, 120), (150, 90, 220)),
    shirts=((246, 246, 252), (60, 70, 130), (196, 60, 70), (40, 40, 52), (120, 190, 220), (230, 200, 120)),
    tops=(
        (240, 240, 244),
        (230, 60, 70),
        (250, 190, 30),
        (30, 150, 160),
        (110, 60, 170),
        (40, 42, 56),
        (240, 120, 60),
    ),
    bottoms=((36, 40, 74), (52, 52, 60), (110, 40, 60), (40, 90, 120), (150, 120, 80), (86, 60, 130)),
    outers=((34, 44, 100), (150, 30, 50), (40, 42, 50), (210, 160, 40), (30, 110, 100), (120, 80, 160)),
    vests=((180, 140, 50), (120, 40, 60), (50, 80, 140), (70, 74, 86), (36, 120, 96)),
    ties=((226, 40, 60), (250, 190, 40), (50, 120, 230), (140, 60, 190), (40, 170, 130)),
    uniforms=(
        ((246, 246, 252), (226, 40, 60), (186, 150, 60), (30, 38, 92), (50, 54, 104)),
        ((236, 240, 252), (250, 190, 40), (120, 36, 60), (40, 44, 52), (110, 40, 60)),
    ),
)

_TIDAL_TOWN = Style(
    name="tidal-town",
    width_px=800,
    shading="wash",
    line_px=0.0,
    pen_px=1.3,
    pen_alpha=0.5,
    line=(120, 96, 88),
    line_own=1.0,
    soft_edge=0.022,
    shadow=(204, 196, 210),
    light=(60, 56, 44),
    figure=Figure(4.8, 0.40, (0.58, 0.7), (0.52, 0.54), 1.12, 0.1),
    eyes=Eyes("bead", 0.115, 0.125, 0.0, 1.2, 1),
    skins=((248, 220, 198), (238, 200, 172), (214, 168, 138), (176, 128, 102)),
    blush=(226, 130, 110),
    hairs=(
        (82, 70, 70),
        (120, 88, 70),
        (164, 116, 82),
        (196, 152, 104),
        (110, 116, 128),
        (150, 84, 74),
        (92, 98, 88),
        (214, 190, 150),
    ),
    irises=((78, 60, 56), (70, 88, 100), (86, 92, 70)),
    shirts=(
        (246, 242, 232),
        (206, 220, 222),
        (232, 212, 200),
        (196, 206, 186),
        (224, 220, 180),
        (170, 188, 202),
    ),
    tops=(
        (238, 232, 220),
        (206, 140, 120),
        (140, 170, 170),
        (222, 190, 130),
        (130, 144, 170),
        (176, 188, 150),
        (190, 160, 176),
    ),
    bottoms=(
        (116, 128, 146),
        (160, 146, 126),
        (132, 140, 118),
        (170, 126, 112),
        (104, 100, 108),
        (186, 178, 160),
    ),
    outers=(
        (122, 146, 156),
        (196, 166, 120),
        (150, 120, 116),
        (134, 150, 126),
        (188, 180, 168),
        (204, 150, 110),
    ),
    vests=((170, 150, 116), (120, 136, 120), (160, 116, 110), (110, 124, 148), (204, 188, 156)),
    ties=((176, 92, 84), (92, 122, 142), (190, 150, 84), (112, 128, 96), (140, 104, 126)),
    uniforms=(
        ((244, 242, 234), (176, 92, 84), (204, 190, 158), (104, 126, 148), (120, 130, 144)),
        ((238, 240, 236), (88, 118, 138), (150, 140, 120), (150, 120, 108), (108, 106, 112)),
    ),
)

STYLES: Mapping[str, Style] = MappingProxyType(
    {style.name: style for style in (_AFTER_CLASS, _MOONLIT_BUS, _TIDAL_TOWN)}
)


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Colour between two: ``first`` at share 0, ``second`` at share 1.

    >>> mix((0, 0, 0), (100, 200, 50), 0.5)
    (50, 100, 25)
    """
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def multiply(first: Rgb, second: Rgb) -> Rgb:
    """Product of two colours, 255 leaving the other as it is."""
    red, green, blue = (round(a * b / 255) for a, b in zip(first, second, strict=True))
    return red, green, blue


def outline(style: Style, rgb: Rgb) -> Rgb:
    """Colour of the outline around a part of a colour."""
    dark = multiply(multiply(rgb, style.shadow), mix(style.shadow, (110, 90, 110), 0.7))
    return mix(style.line, dark, style.line_own)
