"""Captions on passing colours and columns of letters are texts, thin gaps part panels, rules frame them."""

import numpy as np
import pytest
from cutting import close, cut, page, scene
from drawn_art import BLACK, WHITE, art, figure, framed, plain, put_text
from drawn_layouts import bubble_of_columns, caption
from drawn_strips import DrawnStrip

from toonseg.records import TEXT

PALE = (190, 190, 200)


# ---- captions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 11))
@pytest.mark.parametrize("gutter", [WHITE, BLACK])
def test_a_caption_that_passes_from_colour_to_colour_is_a_text(seed, gutter):
    box = caption(np.random.default_rng(seed))
    height, width = box.shape[:2]
    above, below = (scene(number, 600, 380, (120, 60, 60)) for number in (1, 2))
    rows = page(height + 1000, (40, 60, above), (80, 500, box), (40, height + 560, below), gutter=gutter)
    assert close(cut(rows), [(40, 60, 640, 440), (40, height + 560, 640, height + 940)])
    assert close(cut(rows, TEXT), [(80, 500, 80 + width, 500 + height)], most=6)


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize("gutter", [WHITE, BLACK])
def test_a_bubble_with_columns_of_letters_is_a_text(seed, gutter):
    strip = DrawnStrip(np.random.default_rng(seed), 690, gutter)
    bubble_of_columns(strip)
    assert cut(strip.picture()) == []
    assert close(cut(strip.picture(), TEXT), strip.texts, most=6)


@pytest.mark.parametrize("faint", [16, 30])
def test_a_dark_scene_in_which_somebody_speaks_is_a_panel(faint):
    night = plain(600, 700, (20, 20, 30))
    for x in range(40, 560, 130):
        night[60:620, x : x + 60] += np.uint8(faint)
    night[300:420, 180:420] = WHITE
    put_text(night, (180, 300, 420, 420), ["그날 밤", "아무도"], 34, BLACK)
    assert close(cut(page(860, (45, 80, framed(night, 3)))), [(45, 80, 645, 780)])


# ---- gaps that are too thin to be flooded -------------------------------------------------------------


@pytest.mark.parametrize("gap", [6, 7, 8])
@pytest.mark.parametrize(("gutter", "line"), [(WHITE, BLACK), (BLACK, PALE)])
@pytest.mark.parametrize("x0", [20, 21])
def test_a_thin_gap_between_two_frames_parts_them_and_one_across_parts_these(gap, gutter, line, x0):
    stop, middle = 340 + gap, 480 + gap
    boxes = [(x0, 60, 340, 900), (stop, 60, 670, 480), (stop, middle, 670, 900)]
    rows = page(960, gutter=gutter)
    for number, (left, top, right, bottom) in enumerate(boxes):
        picture = art(np.random.default_rng(number), right - left, bottom - top)
        rows[top:bottom, left:right] = framed(picture, 5, line)
    assert close(cut(rows), boxes)


@pytest.mark.parametrize("reach", ["frame to frame", "end to end"])
def test_a_stripe_of_the_gutter_s_colour_without_frames_beside_it_parts_nothing(reach):
    picture = framed(art(np.random.default_rng(4), 600, 700), 5)
    ends = slice(5, -5) if reach == "frame to frame" else slice(None)
    picture[ends, 300:305] = WHITE
    assert close(cut(page(820, (45, 60, picture))), [(45, 60, 645, 760)])


# ---- rules ---------------------------------------------------------------------------------------------


def between_rules(seed, gutter=WHITE, full=False):
    """A drawing as wide as the page with a line above and below somebody on the gutter's own colour."""
    rows = plain(690, 700, gutter)
    figure(np.random.default_rng(seed), rows, 345, 640, 560, full)
    rows[:4] = rows[-4:] = BLACK if gutter == WHITE else WHITE
    return rows


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("gutter", [WHITE, BLACK, (230, 240, 200)])
def test_what_stands_between_two_rules_is_one_panel(gutter, full):
    above, below = (between_rules(number, gutter, full) for number in (1, 2))
    rows = page(1700, (0, 80, above), (0, 880, below), gutter=gutter)
    assert close(cut(rows), [(0, 80, 690, 780), (0, 880, 690, 1580)])


def test_rules_between_framed_panels_part_scenes_and_frame_nothing():
    rows = page(1500, *((40, y, scene(y, 600, 380)) for y in (60, 560, 1060)))
    for y in (498, 998):
        rows[y : y + 4] = BLACK
    assert close(cut(rows), [(40, 60, 640, 440), (40, 560, 640, 940), (40, 1060, 640, 1440)])


def test_words_alone_between_two_rules_are_a_text():
    rows = page(500)
    put_text(rows, (0, 200, 690, 300), ["그로부터 삼 년 뒤"], 40, BLACK)
    rows[100:104] = rows[396:400] = BLACK
    assert cut(rows) == []
