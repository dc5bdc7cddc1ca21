"""Stripes of the gutter's colour part no picture; where its own colour turns, it is still a gutter."""

import cv2
import numpy as np
import pytest
from cutting import close, cut, page, scene
from drawn_art import BLACK, WHITE, art, figure, framed, plain, put_text, tone
from drawn_layouts import blinds, room, speed_lines

WIDTH = 690
GREY = (128, 128, 128)


# ---- stripes inside a picture ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("gutter", [WHITE, BLACK, (235, 240, 210)])
@pytest.mark.parametrize("high", [12, 40])
def test_a_picture_goes_on_behind_a_stripe(seed, gutter, high):
    picture = room(np.random.default_rng(seed), WIDTH, 640)
    picture[200 : 200 + high] = gutter
    rows = page(1600, (0, 60, picture), (40, 800, scene(seed, 600, 700, GREY)), gutter=gutter)
    assert close(cut(rows), [(0, 60, WIDTH, 700), (40, 800, 640, 1500)])


@pytest.mark.parametrize("gutter", [WHITE, (235, 240, 210)])
def test_little_below_a_stripe_is_enough_where_it_goes_on(gutter):
    picture = plain(WIDTH, 640, (150, 190, 230))
    for x in range(20, WIDTH, 34):  # thin towers down to the stripe, a few of them beyond it
        cv2.rectangle(picture, (x, 120), (x + 16, 640 if x % 5 == 0 else 300), (110, 90, 80), cv2.FILLED)
    picture[300:330] = gutter
    rows = page(1600, (0, 60, picture), (40, 800, scene(3, 600, 700, GREY)), gutter=gutter)
    assert close(cut(rows), [(0, 60, WIDTH, 700), (40, 800, 640, 1500)])


@pytest.mark.parametrize("seed", range(1, 6))
def test_two_rooms_one_above_the_other_are_two(seed):
    rooms = [room(np.random.default_rng(seed + at), WIDTH, 500) for at in (0, 50)]
    rows = page(1200, (0, 60, rooms[0]), (0, 590, rooms[1]))
    assert close(cut(rows), [(0, 60, WIDTH, 560), (0, 590, WIDTH, 1090)])


@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("draw", [blinds, speed_lines])
@pytest.mark.parametrize("gutter", [WHITE, BLACK])
def test_a_picture_of_bars_in_the_gutter_s_colour_is_one(seed, draw, gutter):
    picture = draw(np.random.default_rng(seed), WIDTH, 760, gutter)
    rows = page(1700, (0, 60, picture), (40, 900, scene(seed, 600, 700, GREY)), gutter=gutter)
    assert close(cut(rows), [(0, 60, WIDTH, 820), (40, 900, 640, 1600)], most=4)


def test_strips_of_words_from_side_to_side_do_not_join_the_panels_around_them():
    rows = page(1500, (40, 60, scene(1, 600, 500)), (40, 900, scene(2, 600, 500)))
    for y, word in ((620, "그날 밤"), (740, "아무도 없었다")):
        rows[y : y + 80] = (225, 225, 235)
        put_text(rows, (0, y, WIDTH, y + 80), [word], 34, BLACK)
    assert close(cut(rows), [(40, 60, 640, 560), (40, 900, 640, 1400)])


# ---- gutters whose colour turns behind a panel ----------------------------------------------------------


@pytest.mark.parametrize("colours", [(WHITE, BLACK), (BLACK, WHITE), ((240, 220, 230), (40, 50, 90))])
@pytest.mark.parametrize("x0", [0, 60])
def test_a_gutter_that_turns_beside_a_panel_is_one(colours, x0):
    above, below = colours
    rows = page(2000, gutter=below)
    rows[:420] = above
    boxes = [(x0, 120, 560, 700), (40, 800, 650, 1300), (40, 1400, 650, 1900)]
    for number, (left, top, right, bottom) in enumerate(boxes):
        rows[top:bottom, left:right] = scene(number, right - left, bottom - top, GREY)
    assert close(cut(rows), boxes)


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_gradient_may_end_beside_somebody(seed):
    height, part = 1500, np.clip(np.linspace(-0.2, 1.6, 1500), 0, 1)[:, None, None]
    rows = np.array((90, 80, 160)) * (1 - part) + np.array((255, 250, 250)) * part
    rows = np.ascontiguousarray(np.broadcast_to(rows, (height, WIDTH, 3)).astype(np.uint8))
    before = rows.copy()
    figure(np.random.default_rng(seed), rows, 345, 1100, 800, True)
    ys, xs = np.nonzero((rows != before).any(axis=2))
    assert close(cut(rows), [(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)], most=8)


# ---- rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_picture_that_touches_the_lower_of_its_rules_begins_at_the_upper_one(seed):
    rng, picture = np.random.default_rng(seed), plain(WIDTH, 800, WHITE)
    for x in range(40, WIDTH, 110):
        middle, size = (x, int(rng.integers(720, 830))), int(rng.integers(50, 100))
        for colour, line in ((tone(rng), cv2.FILLED), (BLACK, 3)):
            cv2.circle(picture, middle, size, colour, line, cv2.LINE_AA)
    figure(rng, picture, 345, 780, 400, True)
    picture[:4] = picture[-4:] = BLACK
    rows = page(1800, (0, 60, picture), (40, 960, scene(seed, 600, 700)))
    assert close(cut(rows), [(0, 60, WIDTH, 860), (40, 960, 640, 1660)])


@pytest.mark.parametrize("seed", range(1, 5))
def test_slanting_panels_between_two_level_edges_are_no_scene_between_rules(seed):
    rows = page(2100)
    sides = [  # above and below, at the left side of the page and at the right one
        ((100, 100), (600, 320)),
        ((628, 348), (1000, 760)),
        ((1130, 1060), (1500, 1230)),
        ((1528, 1258), (1900, 1900)),
    ]
    boxes = []
    for number, (above, below) in enumerate(sides):
        corners = [(0, above[0]), (WIDTH - 1, above[1]), (WIDTH - 1, below[1]), (0, below[0])]
        polygon = np.array(corners, np.int32)
        inside = cv2.fillPoly(np.zeros(rows.shape[:2], np.uint8), [polygon], 1) > 0
        left, top, width, height = cv2.boundingRect(polygon)
        picture = rows.copy()
        picture[top : top + height] = room(np.random.default_rng(seed + 9 * number), WIDTH, height)
        rows[inside] = picture[inside]
        cv2.polylines(rows, [polygon], True, BLACK, 5, cv2.LINE_AA)
        boxes.append((left, top - 2, left + width, top + height + 2))
    assert close(sorted(cut(rows)), sorted(boxes), most=5)


# ---- frames whose corners are sharp -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize(("gutter", "line"), [(WHITE, BLACK), (BLACK, (190, 190, 200))])
@pytest.mark.parametrize("lean", [60, 110])
def test_panels_with_sharp_corners_are_apart(seed, gutter, line, lean):
    rows = page(1300, gutter=gutter)
    top, drop = 100, 150
    left = [(0, top), (380 + lean, top), (380 - lean, 660), (0, 600)]
    right = [(394 + lean, top), (WIDTH, top), (WIDTH, 600 + drop), (394 - lean, 664)]
    below = [(0, 620), (WIDTH, 620 + drop), (WIDTH, 1150), (0, 1150)]
    boxes = []
    for number, corners in enumerate((left, right, below)):
        polygon = np.array(corners, np.int32)
        inside = cv2.fillPoly(np.zeros(rows.shape[:2], np.uint8), [polygon], 1) > 0
        rows[inside] = art(np.random.default_rng(seed + number), WIDTH, 1300)[inside]
        cv2.polylines(rows, [polygon], True, line, 4, cv2.LINE_AA)
        x, y, width, height = cv2.boundingRect(polygon)
        boxes.append((max(0, x - 1), y - 1, min(WIDTH, x + width + 1), y + height + 1))
    assert close(sorted(cut(rows)), sorted(boxes), most=5)


def test_a_thin_gap_parts_a_tall_panel_from_three_beside_it():
    boxes = [(20, 60, 330, 360), (20, 372, 330, 660), (20, 672, 330, 960), (336, 60, 670, 960)]
    rows = page(1020)
    for number, (left, top, right, bottom) in enumerate(boxes):
        picture = art(np.random.default_rng(number), right - left, bottom - top)
        rows[top:bottom, left:right] = framed(picture, 5)
    assert close(sorted(cut(rows)), sorted(boxes))
