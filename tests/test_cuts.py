"""Bands, gutters and panels are found on drawn strips, whatever makes them hard to tell apart."""

import cv2
import numpy as np
import pytest
from cutting import FINE, ROUGH, close, cut, page, scene, strip_of
from drawn_art import BLACK, WHITE, figure, plain, put_text, speech
from drawn_other import OTHER_GROUPS
from drawn_score import Score
from drawn_strips import GROUPS, draw_strip
from hypothesis import given, settings
from hypothesis import strategies as st

from toonseg.cuts import boxes
from toonseg.cuts.bands import find_bands
from toonseg.cuts.frames import find_frame
from toonseg.cuts.panels import find_panels
from toonseg.images import decode
from toonseg.records import PANEL, TEXT

# ---- bands ---------------------------------------------------------------------------------------------


def test_a_strip_without_rows_has_no_bands():
    assert find_bands(strip_of(), ROUGH) == []


@pytest.mark.parametrize("height", [6, 7, 40, 5000])
def test_a_blank_strip_has_no_bands(height):
    assert find_bands(strip_of(plain(90, height, (250, 240, 230))), ROUGH) == []


def test_a_strip_without_gutters_is_one_band():
    assert find_bands(strip_of(scene(1, 200, 301)), ROUGH) == [(0, 301)]


def test_drawings_in_the_first_and_the_last_row_are_kept():
    strip = strip_of(page(600, (100, 0, scene(1, 300, 200)), (100, 400, scene(2, 300, 200))))
    assert find_bands(strip, ROUGH) == [(0, 200), (400, 600)]


LETTERS = st.text(alphabet="#.", min_size=1, max_size=12)


def drawn(letters, rows, width=64):
    """Stretches of ``rows`` rows each: ``#`` drawn, ``.`` gutter."""
    stripes = np.where(np.arange(width) // 8 % 2, 30, 200).astype(np.uint8)
    stripes = np.broadcast_to(stripes[None, :, None], (rows, width, 3))
    return np.concatenate([stripes if letter == "#" else plain(width, rows, WHITE) for letter in letters])


@given(LETTERS, st.integers(12, 30), st.integers(1, 30))
@settings(deadline=None)
def test_bands_and_gutters_tile_any_strip(letters, half, window_rows):
    picture = drawn(letters, 2 * half)
    bands = find_bands(strip_of(picture), ROUGH)
    edges = [0, *(y for band in bands for y in band), len(picture)]
    assert edges == sorted(edges)
    assert all(y0 < y1 for y0, y1 in bands)
    is_drawn = np.repeat([letter == "#" for letter in letters], 2 * half)
    in_band = np.zeros(len(picture), bool)
    for y0, y1 in bands:
        assert not in_band[max(0, y0 - 1) : y1].any()
        in_band[y0:y1] = True
    assert np.array_equal(in_band, is_drawn)
    assert find_bands(strip_of(picture), ROUGH, window_rows) == bands


@given(st.integers(1, 40), st.lists(st.integers(1, 70), min_size=1, max_size=3), st.integers(0, 999))
@settings(deadline=None)
def test_whatever_is_on_a_strip_every_drawing_begins_and_ends_in_a_band(width, heights, seed):
    rng = np.random.default_rng(seed)
    levels = rng.choice([0, 0, 0, 128, 255], (sum(heights), width, 3)) * (
        rng.random((sum(heights), 1, 1)) < 0.6
    )
    picture = levels.astype(np.uint8)
    strip = strip_of(*np.split(picture, np.cumsum(heights)[:-1]))
    bands = find_bands(strip, ROUGH)
    for d in find_panels(strip, bands, FINE):
        assert 0 <= d.x0 < d.x1 <= width
        if d.kind == PANEL:
            assert any(y0 <= d.y0 < y1 for y0, y1 in bands)
            assert any(y0 < d.y1 <= y1 for y0, y1 in bands)


def test_windows_change_nothing_on_noisy_pages():
    pages, _, _, _ = draw_strip("mixed", 1, 6)
    strip = strip_of(*[decode(data, "page") for data in pages])
    bands = find_bands(strip, ROUGH)
    assert len(bands) > 3
    for window_rows in (2, 64, 1001, 10**6):
        assert find_bands(strip, ROUGH, window_rows) == bands


def test_gutters_as_thin_as_the_parameter_part_panels_and_thinner_ones_do_not():
    upper, lower = scene(1, 690, 300), scene(2, 690, 300)
    for gutter, parted in ((6, True), (2, False)):
        bands = find_bands(strip_of(np.concatenate([upper, plain(690, gutter, WHITE), lower])), ROUGH)
        assert (len(bands) == 2) == parted


# ---- panels --------------------------------------------------------------------------------------------


def test_no_bands_have_no_panels():
    assert find_panels(strip_of(plain(90, 40, WHITE)), [], FINE) == []


def test_a_strip_that_is_one_picture_is_one_panel():
    assert cut(scene(1, 690, 900)) == [(0, 0, 690, 900)]


@pytest.mark.parametrize("gutter", [WHITE, BLACK, (230, 200, 190), (30, 60, 90)])
def test_panels_are_cut_to_their_frames(gutter):
    true = [(60, 80, 560, 481), (0, 560, 690, 900), (301, 950, 690, 1200)]
    line = WHITE if gutter == BLACK else BLACK
    drawings = [(x0, y0, scene(y0, x1 - x0, y1 - y0, line)) for x0, y0, x1, y1 in true]
    assert close(cut(page(1300, *drawings, gutter=gutter)), true)


def test_panels_side_by_side_and_stepped_are_apart():
    true = [(0, 50, 341, 450), (349, 130, 690, 600)]
    drawings = [(x0, y0, scene(x0, x1 - x0, y1 - y0)) for x0, y0, x1, y1 in true]
    assert close(cut(page(700, *drawings)), true)


def test_a_bubble_that_sticks_out_of_a_frame_is_no_part_of_it():
    rows = page(700, (40, 120, scene(3, 600, 460)))
    speech(np.random.default_rng(1), rows, 300, 110, 120, 70, kind=0)
    assert close(cut(rows), [(40, 120, 640, 580)])


def test_a_bubble_that_bridges_two_panels_does_not_join_them():
    rows = page(1000, (40, 60, scene(4, 600, 400)), (40, 500, scene(5, 600, 440)))
    speech(np.random.default_rng(2), rows, 330, 480, 110, 70, kind=0)
    assert close(cut(rows), [(40, 60, 640, 460), (40, 500, 640, 940)])


def test_a_stripe_of_the_gutters_colour_inside_a_frame_parts_nothing():
    picture = scene(6, 600, 500)
    picture[200:260, 3:-3] = WHITE
    assert close(cut(page(640, (45, 60, picture))), [(45, 60, 645, 560)])


def test_a_figure_without_a_frame_is_a_panel():
    rows = page(900)
    figure(np.random.default_rng(7), rows, 345, 800, 640, False)
    ys, xs = np.nonzero((rows != 255).any(axis=2))
    assert close(cut(rows), [(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)])


def test_a_small_head_of_two_colours_is_a_panel_and_a_letter_of_two_is_text():
    head, letter = page(400, gutter=BLACK), page(400, gutter=BLACK)
    cv2.ellipse(head, (345, 200), (75, 110), 0, 0, 360, (225, 210, 190), -1)
    cv2.ellipse(head, (345, 180), (75, 90), 0, 180, 360, (120, 60, 30), -1)
    assert close(cut(head), [(270, 90, 421, 311)])
    for thickness, colour in ((60, (225, 210, 190)), (36, (190, 60, 30))):
        cv2.polylines(letter, [np.array([(270, 110), (345, 290), (420, 110)])], False, colour, thickness)
    assert cut(letter) == [] and len(cut(letter, TEXT)) == 1


@pytest.mark.parametrize(("paper", "seed"), [(WHITE, 7), (WHITE, 8), ((255, 250, 240), 9)])
def test_a_bubble_that_sticks_to_a_head_is_no_part_of_the_figure(paper, seed):
    sky = (236, 244, 255)
    rows = page(1100, gutter=sky)
    figure(np.random.default_rng(seed), rows, 345, 1000, 700, True)
    ys, xs = np.nonzero((rows != sky).any(axis=2))
    bubble = speech(np.random.default_rng(seed), rows, 400, 262, 160, 60, paper, kind=0)
    assert ys.min() < bubble[3] - 20
    assert close(cut(rows), [(xs.min(), bubble[3], xs.max() + 1, ys.max() + 1)], most=8)  # with some hair
    assert close(cut(rows, TEXT), [bubble], most=8)


def test_a_tall_figure_with_a_level_head_and_shoes_has_no_frame():
    mask = np.zeros((400, 90), bool)
    for y in range(400):
        out = 0 if y % 3 == 0 else 4 + y // 3 % 12
        mask[y, 20 - out : 70 + out] = True
    assert find_frame(mask) is None


def room():
    """An empty room without lines at its left and right, its ceiling almost white."""
    picture = plain(690, 464, (255, 252, 245))
    walls = np.array([(0, 20), (290, 150), (470, 150), (690, 10), (690, 464), (0, 464)])
    cv2.fillPoly(picture, [walls], (240, 226, 214))
    cv2.rectangle(picture, (-9, 1), (699, 461), (84, 78, 90), 3)
    return picture


def test_a_compressors_ringing_along_an_outline_does_not_open_a_pale_picture():
    assert close(cut(page(900, (0, 220, room()))), [(0, 220, 690, 684)])


def test_a_pale_ceiling_below_an_outline_is_no_step_between_two_gutters_colours():
    above = page(644, (0, 180, room()), gutter=(255, 241, 241))
    below = page(800, (0, 100, room()), gutter=(236, 244, 255))
    assert find_bands(strip_of(above, below), ROUGH) == [(180, 644), (744, 1208)]


@pytest.mark.parametrize("outline", [(200, 60, 60), (12, 8, 24)])
def test_credits_on_another_colour_at_a_strips_end_are_no_part_of_its_last_panel(outline):
    last = scene(5, 690, 500, line=(200, 60, 60))
    last[-6:] = outline
    first = page(1700, (60, 200, scene(6, 500, 500)), (0, 1200, last))
    rows = np.concatenate([first, plain(690, 440, BLACK)])
    for y in (1900, 1950, 2000):
        cv2.putText(rows, "The end", (280, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (110, 110, 110), 2, cv2.LINE_AA)
    assert close([find_bands(strip_of(rows), ROUGH)[1]], [(1200, 1700)])


def test_drawings_of_text_only_are_listed_as_texts():
    rows = page(1500, (45, 700, scene(8, 600, 300)))
    bubble = speech(np.random.default_rng(3), rows, 300, 150, 150, 80, kind=0)
    put_text(rows, (0, 350, 690, 500), ["그 가자 정말", "Come back!"], 30, BLACK)
    put_text(rows, (0, 1150, 690, 1400), ["BAM!"], 170, (200, 40, 30), 6, BLACK)
    assert close(cut(rows), [(45, 700, 645, 1000)])
    texts = cut(rows, TEXT)
    assert len(texts) == 3
    assert np.abs(np.subtract(texts[0], bubble)).max() <= 4


def test_a_tall_band_is_analysed_at_a_smaller_scale():
    tall = np.tile(scene(9, 600, 1000), (22, 1, 1))
    assert close(cut(page(22_100, (45, 50, tall), width=1600)), [(45, 50, 645, 22_050)], 8)


@pytest.mark.parametrize("group", GROUPS)
def test_a_hard_strip_is_cut_well(group):
    score = Score()
    for seed in (3,) if group in OTHER_GROUPS else (3, 4):
        pages, panels, texts, _ = draw_strip(group, seed, 7)
        strip = strip_of(*[decode(data, "page") for data in pages])
        drawings = find_panels(strip, find_bands(strip, ROUGH), FINE)
        score.add(panels, texts, [(d.x0, d.y0, d.x1, d.y1) for d in drawings if d.kind == PANEL])
    assert score.f1(score.hits75) >= 0.9
    assert score.kept == 0


# ---- boxes ---------------------------------------------------------------------------------------------

BOXES = st.builds(
    lambda x, y, w, h: (x, y, x + w, y + h),
    *[st.integers(0, 60)] * 2,
    *[st.integers(1, 20)] * 2,
)


def test_no_boxes_are_joined_to_none():
    assert boxes.joined([], 5) == []


@given(st.lists(BOXES, max_size=8), st.integers(0, 10), st.randoms())
@settings(deadline=None)
def test_joined_boxes_hold_all_boxes_are_further_apart_and_know_no_order(listed, gap, random):
    joined = boxes.joined(listed, gap)
    assert all(any(boxes.around([box, big]) == big for big in joined) for box in listed)
    assert boxes.joined(joined, gap) == joined
    random.shuffle(listed)
    assert boxes.joined(listed, gap) == joined
