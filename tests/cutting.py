"""Cuts of pictures in memory, for tests: the parameters, and pages with pictures laid on them."""

import cv2
import numpy as np
from drawn_art import BLACK, WHITE, art, framed, plain

from toonseg.cuts.bands import RoughCutParams, find_bands
from toonseg.cuts.panels import PanelParams, find_panels
from toonseg.images import decode
from toonseg.records import PANEL, Page
from toonseg.strip import Strip, place_pages

ROUGH = RoughCutParams(
    min_gutter_px=6, max_stray_levels=56, stray_levels=16, stray_share=0.02, colour_tolerance_levels=40
)
FINE = PanelParams(
    background_levels=8,
    halo_levels=24,
    min_gap_px=8,
    min_panel_px=64,
    max_letter_px=80,
    part_gap_px=12,
    text_gap_px=32,
)


def strip_of(*pictures):
    """A strip over pictures in memory, which must be equally wide."""
    rows = [Page("s", "1", n, str(n), p.shape[1], p.shape[0], 1, 0, "") for n, p in enumerate(pictures, 1)]
    width = rows[0].width if rows else 0
    return Strip(place_pages(rows, width), lambda placement: pictures[placement.page - 1])


def jpeg(picture, quality=80):
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return decode(data.tobytes(), "drawn")


def cut(picture, kind=PANEL):
    """The boxes of a kind that are found on a picture, as a page of JPEG quality 80."""
    strip = strip_of(jpeg(picture))
    drawings = find_panels(strip, find_bands(strip, ROUGH), FINE)
    return [(d.x0, d.y0, d.x1, d.y1) for d in drawings if d.kind == kind]


def close(found, true, most=2):
    """Whether the same boxes were found, to a pixel or two."""
    return len(found) == len(true) and bool(np.abs(np.subtract(found, true)).max(initial=0) <= most)


def scene(seed, width, height, line=BLACK):
    """A picture in a frame."""
    return framed(art(np.random.default_rng(seed), width, height), 3, line)


def page(height, *drawings, width=690, gutter=WHITE):
    """A page with pictures laid on its gutter at (x0, y0)."""
    rows = plain(width, height, gutter)
    for x0, y0, picture in drawings:
        rows[y0 : y0 + picture.shape[0], x0 : x0 + picture.shape[1]] = picture
    return rows
