"""Slanting cuts, changing papers, windows of text, lettering and far bubbles are told for what they are."""

import math

import cv2
import numpy as np
import pytest
from cutting import close, cut, page, scene
from drawn_action import before_window, city, graded, head_alone, letter, parted, plain_room, window
from drawn_art import BLACK, WHITE, art, figure, framed, speech
from drawn_strips import DrawnStrip

from toonseg.records import TEXT


def on_gradient(height, top, bottom, *drawings):
    """A page whose gutter passes from colour to colour, with pictures laid on it at (x0, y0)."""
    rows = graded(height, 690, top, bottom)
    for x0, y0, picture in drawings:
        rows[y0 : y0 + picture.shape[0], x0 : x0 + picture.shape[1]] = picture
    return rows


# ---- a gutter from one side of the page to the other ---------------------------------------------------


def crossed(seed, degrees, thick, opening=0, gutter=WHITE, line=0):
    """A page with two panels that bleed over its sides, and their boxes: the right end is the lower one."""
    down = int(690 * math.tan(math.radians(degrees)))
    ends = (300, 300 + down), (300 + thick, 300 + down + thick + opening)
    strip = DrawnStrip(np.random.default_rng(seed), 690, gutter)
    rows, boxes = parted(strip, [((0, 0), (0, 0)), ends, ((900, 900), (900, 900))], line)
    return page(1020, (0, 60, rows), gutter=gutter), [(x0, y0 + 60, x1, y1 + 60) for x0, y0, x1, y1 in boxes]


@pytest.mark.parametrize("gutter", [WHITE, BLACK])
@pytest.mark.parametrize(("degrees", "thick", "opening"), [(8, 20, 0), (12, 24, 20), (19, 40, 0)])
def test_a_slanting_gutter_alone_parts_two_panels_that_bleed(degrees, thick, opening, gutter):
    rows, boxes = crossed(1, degrees, thick, opening, gutter)
    assert close(cut(rows), boxes)
    assert close(cut(rows[:, ::-1]), boxes)


def test_a_slanting_gutter_between_outlines_parts_two_panels_that_bleed():
    rows, boxes = crossed(2, 14, 30, line=3)
    assert close(cut(rows), boxes)


def test_a_level_stripe_from_frame_to_frame_parts_no_panel_as_wide_as_the_page():
    picture = scene(3, 690, 800)
    picture[300:340, 3:-3] = WHITE
    assert close(cut(page(920, (0, 60, picture))), [(0, 60, 690, 860)])


def streak(seed, above, below):
    """A picture as wide as the page with a white streak that rises to the right, grown by so many pixels."""
    picture = art(np.random.default_rng(seed), 690, 900)
    for x in range(690):
        y = 550 - 0.3 * x
        picture[int(y - above[x]) : int(y + below[x]), x] = WHITE
    return picture


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_ragged_streak_parts_no_panel(seed):
    above, below = np.random.default_rng(seed).integers(10, 50, (2, 69)).repeat(10, axis=1)
    assert close(cut(page(1020, (0, 60, streak(seed, above, below)))), [(0, 60, 690, 960)])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("swell", [1, -1])
def test_a_curved_streak_parts_no_panel(seed, swell):
    bow = 60 * np.sin(np.linspace(0, np.pi, 690))
    rows = page(1020, (0, 60, streak(seed, 20 + bow, 20 + swell * bow.clip(0, 19))))
    assert close(cut(rows), [(0, 60, 690, 960)])


# ---- a gutter whose colour changes all along -----------------------------------------------------------

PAPERS = [((240, 225, 235), (60, 60, 110)), ((255, 255, 255), (200, 60, 60)), ((20, 20, 30), (180, 200, 240))]


@pytest.mark.parametrize(("top", "bottom"), PAPERS)
@pytest.mark.parametrize("hidden", [900, 1800])
@pytest.mark.parametrize("margin", [0, 16])
def test_panels_keep_their_boxes_on_a_gradient_that_one_of_them_hides_for_long(top, bottom, hidden, margin):
    true = [
        (40, 120, 640, 520),
        (200, 620, 460, 1000),
        (20, 1100, 330, 1500),
        (360, 1100, 670, 1500),
        (margin, 1600, 690 - margin, 1600 + hidden),
        (60, 1700 + hidden, 620, 2100 + hidden),
    ]
    line = BLACK if sum(top) + sum(bottom) > 760 else WHITE
    drawings = [(x0, y0, scene(x0 + y0, x1 - x0, y1 - y0, line)) for x0, y0, x1, y1 in true]
    assert close(cut(on_gradient(2200 + hidden, top, bottom, *drawings)), true)


@pytest.mark.parametrize("middle", [(40, 20, 90), (250, 200, 60)])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_panel_that_bleeds_over_one_side_is_told_from_a_gradient_that_turns_beside_it(middle, side):
    turns = [graded(900, 690, *ends) for ends in (((250, 240, 225), middle), (middle, (150, 170, 220)))]
    rows = np.concatenate(turns)
    x0, x1 = (0, 560) if side == "left" else (130, 690)
    rows[200:1600, x0:x1] = scene(1, x1 - x0, 1400)
    assert close(cut(rows), [(x0, 200, x1, 1600)])


def test_a_figure_without_a_frame_is_a_panel_on_a_gradient():
    rows = on_gradient(2400, (250, 240, 225), (150, 170, 220), (60, 100, scene(1, 560, 400)))
    bare = rows.copy()
    figure(np.random.default_rng(2), rows, 345, 1300, 600, True)
    ys, xs = np.nonzero((rows != bare).any(axis=2))
    rows[1700:2200, 80:500] = scene(3, 420, 500)
    figure_box = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
    assert close(cut(rows), [(60, 100, 620, 500), figure_box, (80, 1700, 500, 2200)])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_gradient_sky_full_of_stars_between_white_gutters_is_not_cut(seed):
    rng = np.random.default_rng(seed)
    sky = graded(1000, 690, (12, 12, 60), (150, 120, 200))
    for x, y in zip(rng.integers(690, size=150), rng.integers(700, size=150), strict=True):
        cv2.circle(sky, (int(x), int(y)), int(rng.integers(1, 4)), (255, 250, 220), -1, cv2.LINE_AA)
    figure(rng, sky, 345, 1004, 300, False)
    assert close(cut(page(1120, (0, 60, sky))), [(0, 60, 690, 1060)])


# ---- windows of text -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_window_of_text_between_panels_is_a_text(seed):
    pane = window(np.random.default_rng(seed), 560)
    end = 500 + len(pane)
    rows = page(end + 460, (40, 60, scene(1, 600, 380)), (65, 500, pane), (40, end + 50, scene(2, 600, 380)))
    assert close(cut(rows), [(40, 60, 640, 440), (40, end + 50, 640, end + 430)])
    assert close(cut(rows, TEXT), [(65, 500, 625, end)], most=6)


@pytest.mark.parametrize("paint", [city, before_window, plain_room])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_picture_that_holds_windows_or_a_bubble_among_other_things_is_a_panel(paint, seed):
    picture = framed(paint(np.random.default_rng(seed), 580, 640), 3)
    assert close(cut(page(800, (50, 80, picture))), [(50, 80, 630, 720)])


# ---- lettering -----------------------------------------------------------------------------------------

RED, GOLD = (200, 40, 40), (250, 200, 60)
LAYERS = {
    "one outline": [(8, BLACK), (0, RED)],
    "two outlines": [(10, BLACK), (5, GOLD), (0, RED)],
    "gradient": [(8, BLACK), (0, graded(640, 690, GOLD, RED))],
}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize(("word", "tall", "angle"), [("두근", 160, 12), ("BAM", 160, -15), ("가자!", 160, 5)])
def test_a_sound_in_big_outlined_letters_is_a_text(word, tall, angle, layers):
    rows = page(640)
    letter(rows, (345, 320), word, tall, angle, LAYERS[layers])
    assert cut(rows) == []
    ys, xs = np.nonzero((rows < 200).any(axis=2))
    assert close(cut(rows, TEXT), [(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)], most=4)


@pytest.mark.parametrize("gutter", [WHITE, BLACK])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bust_in_a_thick_outline_is_a_panel(gutter, seed):
    strip = DrawnStrip(np.random.default_rng(seed), 690, gutter)
    head_alone(strip)
    assert close(cut(strip.picture()), strip.panels)


# ---- what lies across a wide gutter --------------------------------------------------------------------

TINT = (255, 240, 200)


def far_apart(gap):
    """A page with two framed panels and a gutter of so many rows, its middle row, and the panels' boxes."""
    true = [(24, 80, 666, 500), (24, 500 + gap, 666, 920 + gap)]
    drawings = [(x0, y0, scene(y0, x1 - x0, y1 - y0)) for x0, y0, x1, y1 in true]
    return page(1000 + gap, *drawings), 500 + gap // 2, true


@pytest.mark.parametrize("gap", [100, 200, 300])
@pytest.mark.parametrize("paper", [WHITE, TINT])
def test_a_bubble_across_a_wide_gutter_joins_nothing(gap, paper):
    rows, y, true = far_apart(gap)
    speech(np.random.default_rng(1), rows, 345, y, 150, gap // 2 + 40, paper, kind=0)
    assert close(cut(rows), true)


@pytest.mark.parametrize("gap", [100, 200, 260])
def test_a_sound_across_a_wide_gutter_joins_nothing(gap):
    rows, y, true = far_apart(gap)
    letter(rows, (345, y), "왜", gap + 70, 10, [(9, BLACK), (0, RED)])
    assert close(cut(rows), true)


@pytest.mark.parametrize("gap", [100, 200, 300])
def test_two_bubbles_with_gutter_enclosed_between_them_join_nothing(gap):
    rows, y, true = far_apart(gap)
    for x in (170, 520):
        speech(np.random.default_rng(2), rows, x, y, 80, gap // 2 + 40, TINT, kind=0)
    assert close(cut(rows), true)


@pytest.mark.parametrize("gap", [100, 200, 300])
def test_a_bubble_that_closes_the_margin_at_the_pages_edge_joins_nothing(gap):
    rows, y, true = far_apart(gap)
    speech(np.random.default_rng(3), rows, 110, y, 160, gap // 2 + 40, TINT, kind=0)
    assert close(cut(rows), true)
