"""What holds only text, and what is a picture: captions, letters and bubbles, animals and nights."""

import cv2
import numpy as np
import pytest
from cutting import close, cut, page, scene
from drawn_art import BLACK, WHITE, art, figure, framed, plain, put_text

from toonseg.records import TEXT

WIDTH = 690
DARK = (14, 13, 20)


def graded(width, height, ends, way):
    """A ground that passes from one colour to another: downwards, across, or from corner to corner."""
    down, across = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None]
    part = {"down": down + 0 * across, "across": across + 0 * down, "corner": (down + across) / 2}[way]
    first, last = np.array(ends[0]), np.array(ends[1])
    return np.asarray((first + part[..., None] * (last - first)).round(), np.uint8)


# ---- captions on gradients --------------------------------------------------------------------------------

ENDS = [((250, 60, 110), (255, 200, 220)), ((20, 30, 80), (60, 150, 160)), ((240, 200, 70), (150, 90, 60))]


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("way", ["down", "across", "corner"])
@pytest.mark.parametrize(("x0", "width", "height"), [(0, WIDTH, 180), (150, 260, 110), (200, 240, 300)])
def test_a_caption_on_a_gradient_is_a_text(ends, way, x0, width, height):
    box = graded(width, height, ends, way)
    ink = WHITE if sum(ends[0]) < 400 else BLACK
    put_text(box, (30, 30, width - 30, height - 30), ["그날 밤,", "아무도 없었다."], 30, ink)
    rows = page(height + 200, (x0, 100, box))
    assert cut(rows) == []
    assert close(cut(rows, TEXT), [(x0, 100, x0 + width, 100 + height)])


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("way", ["down", "corner"])
def test_somebody_under_a_plain_sky_is_a_picture(ends, way):
    picture = graded(500, 420, ends, way)
    figure(np.random.default_rng(2), picture, 380, 430, 150, False)
    for x, y in ((60, 80), (150, 60), (120, 160), (250, 110)):
        cv2.circle(picture, (x, y), 7, WHITE, cv2.FILLED, cv2.LINE_AA)
    assert close(cut(page(700, (90, 120, picture))), [(90, 120, 590, 540)])


@pytest.mark.parametrize("ends", ENDS)
def test_a_plain_sky_over_a_crowd_s_heads_is_a_picture(ends):
    picture = graded(500, 420, ends, "down")
    rng = np.random.default_rng(1)
    for x in range(20, 500, 60):
        head = (x + int(rng.integers(-9, 9)), 404 + int(rng.integers(-9, 9)))
        cv2.circle(picture, head, 19, (20, 18, 24), cv2.FILLED, cv2.LINE_AA)
    for x, y in ((60, 80), (150, 60), (120, 160), (250, 110)):
        cv2.ellipse(picture, (x, y), (16, 9), 20, 180, 360, (20, 18, 24), 4, cv2.LINE_AA)
    assert close(cut(page(700, (90, 120, picture))), [(90, 120, 590, 540)])


# ---- letters, bubbles and animals -------------------------------------------------------------------------


def cat(size, colour):
    """An animal of one colour with eyes, a mouth and a tail."""
    rows = plain(size, size, WHITE)
    ink, line = (40, 30, 30), 3
    head, body = (size * 2 // 5, size // 3), (size * 2 // 5, size * 7 // 10)
    tail = np.array([(body[0], size - 30), (size * 4 // 5, size * 3 // 4), (size - 30, size // 3)], np.int32)
    cv2.polylines(rows, [tail], False, ink, size // 9 + 2 * line, cv2.LINE_AA)
    cv2.polylines(rows, [tail], False, colour, size // 9, cv2.LINE_AA)
    for side in (-1, 1):
        ear = np.array(
            [(head[0] + side * size // 4, head[1]), (head[0] + side * size // 5, 12), (head[0], size // 6)],
            int,
        )
        for fill, thick in ((colour, cv2.FILLED), (ink, line)):
            cv2.drawContours(rows, [ear.astype(np.int32)], -1, fill, thick, cv2.LINE_AA)
    for centre in (body, head):
        for fill, thick in ((colour, cv2.FILLED), (ink, line)):
            cv2.circle(rows, centre, size // 4, fill, thick, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (head[0] + side * size // 10, head[1])
        cv2.ellipse(rows, eye, (size // 30, size // 18), 0, 0, 360, (240, 220, 60), cv2.FILLED, cv2.LINE_AA)
        cv2.ellipse(rows, eye, (size // 90, size // 20), 0, 0, 360, BLACK, cv2.FILLED, cv2.LINE_AA)
    cv2.ellipse(rows, (head[0], head[1] + size // 10), (size // 24, 8), 0, 0, 180, ink, line, cv2.LINE_AA)
    return rows


@pytest.mark.parametrize("size", [300, 420])
def test_a_plain_animal_is_no_bubble(size):
    rows = page(size + 200, (120, 100, cat(size, (230, 160, 90))))
    ys, xs = np.nonzero((rows < 200).any(axis=2))
    assert close(cut(rows), [(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)], most=6)


def test_a_box_of_words_under_a_heading_is_a_text():
    box = plain(420, 150, WHITE)
    box[:50] = (80, 90, 120)
    put_text(box, (20, 60, 400, 140), ["정말 아무도", "없었을까?"], 30, (40, 40, 40))
    rows = page(500, (120, 150, framed(box, 3, (80, 90, 120))))
    assert cut(rows) == []
    assert close(cut(rows, TEXT), [(120, 150, 540, 300)])


@pytest.mark.parametrize("colour", [(60, 55, 60), (120, 70, 40)])
def test_a_dark_animal_is_no_letters(colour):
    rows = page(620, (120, 100, cat(420, colour)))
    ys, xs = np.nonzero((rows < 200).any(axis=2))
    assert close(cut(rows), [(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)], most=6)


@pytest.mark.parametrize("ink", [BLACK, (130, 20, 50), (30, 60, 160)])
def test_brushed_letters_with_holes_are_a_text(ink):
    rows = page(700)
    cv2.ellipse(rows, (330, 210), (110, 90), 8, 0, 360, ink, 34, cv2.LINE_AA)
    cv2.line(rows, (180, 360), (500, 340), ink, 40, cv2.LINE_AA)
    cv2.line(rows, (340, 300), (330, 350), ink, 38, cv2.LINE_AA)
    cv2.ellipse(rows, (340, 480), (100, 80), -5, 0, 360, ink, 36, cv2.LINE_AA)
    ys, xs = np.nonzero((rows < 200).any(axis=2))
    assert cut(rows) == []
    assert close(cut(rows, TEXT), [(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)], most=4)


# ---- drawings that a bubble joins -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("gutter", [WHITE, BLACK, (30, 60, 50)])
def test_a_bubble_over_most_of_what_two_panels_share_does_not_join_them(seed, gutter):
    boxes = [(30, 60, 460, 700), (140, 740, 670, 1400)]
    rows = page(1500, gutter=gutter)
    for number, (x0, y0, x1, y1) in enumerate(boxes):
        rows[y0:y1, x0:x1] = scene(seed + 7 * number, x1 - x0, y1 - y0, (120, 120, 120))
    cv2.ellipse(rows, (300, 720), (135, 70), 0, 0, 360, (250, 250, 250), cv2.FILLED, cv2.LINE_AA)
    cv2.ellipse(rows, (300, 720), (135, 70), 0, 0, 360, (90, 90, 90), 3, cv2.LINE_AA)
    put_text(rows, (220, 680, 380, 760), ["거짓말이지?"], 26, BLACK)
    assert close(cut(rows), boxes, most=4)


@pytest.mark.parametrize("between", [600, 900])
def test_two_bubbles_between_one_tall_panel_and_two_far_from_each_other_join_nothing(between):
    boxes = [(30, 60, 330, 1460 + between), (370, 60, 660, 760), (370, 760 + between, 660, 1460 + between)]
    rows = page(1600 + between)
    for number, (x0, y0, x1, y1) in enumerate(boxes):
        rows[y0:y1, x0:x1] = scene(number, x1 - x0, y1 - y0)
    for y in (300, 1250 + between):
        cv2.ellipse(rows, (350, y), (90, 50), 0, 0, 360, WHITE, cv2.FILLED, cv2.LINE_AA)
        cv2.ellipse(rows, (350, y), (90, 50), 0, 0, 360, (90, 90, 90), 3, cv2.LINE_AA)
    assert close(sorted(cut(rows)), sorted(boxes), most=4)


@pytest.mark.parametrize("gutter", [WHITE, (228, 228, 228)])
def test_marks_on_a_road_in_the_gutter_s_colour_part_nothing(gutter):
    picture = art(np.random.default_rng(4), 560, 620)
    picture[460:] = (110, 110, 115)
    for x in range(0, 560, 140):
        picture[540:556, x : x + 80] = gutter
    rows = page(900, (60, 120, picture), gutter=gutter)
    cv2.ellipse(rows, (300, 740), (110, 60), 0, 0, 360, DARK, cv2.FILLED, cv2.LINE_AA)
    assert close(cut(rows), [(60, 120, 620, 740)], most=4)


# ---- nights as dark as their gutter -----------------------------------------------------------------------


def night(width, height):
    """A moon and lit windows on black."""
    picture = plain(width, height, (2, 2, 4))
    cv2.circle(picture, (width // 3, height // 4), 60, (30, 30, 28), cv2.FILLED, cv2.LINE_AA)
    for x in range(width // 2, width - 60, 40):
        for y in range(height // 2, height - 60, 60):
            if (x * 7 + y) % 3:
                picture[y : y + 16, x : x + 10] = (44, 42, 30)
    return picture


@pytest.mark.parametrize("missing", ["left", "right", "middle of both"])
def test_a_frame_lost_in_the_dark_on_one_side_is_still_a_panel(missing):
    line, picture = (70, 70, 80), night(560, 900)
    framed(picture, 4, line)
    if missing == "left":
        picture[8:-8, :4] = (2, 2, 4)
    elif missing == "right":
        picture[8:-8, -4:] = (2, 2, 4)
    else:
        picture[300:620, :4] = picture[300:620, -4:] = (2, 2, 4)
    rows = page(1100, (60, 100, picture), gutter=BLACK)
    assert close(cut(rows), [(60, 100, 620, 1000)], most=6)
    assert cut(rows, TEXT) == []


def test_two_frames_far_from_each_other_are_not_halves_of_one():
    line, picture = (70, 70, 80), night(560, 400)
    framed(picture, 4, line)
    upper, lower = picture.copy(), picture.copy()
    upper[200:, :] = lower[:200, :] = BLACK
    rows = page(2600, (60, 100, upper), (60, 1100, scene(1, 560, 500)), (60, 2000, lower), gutter=BLACK)
    assert close(cut(rows), [(60, 100, 620, 300), (60, 1100, 620, 1600), (60, 2200, 620, 2400)], most=4)


def test_a_caption_whose_frame_is_broken_is_a_text():
    box = plain(420, 200, BLACK)
    framed(box, 4, (200, 200, 200))
    box[60:140, -4:] = BLACK
    put_text(box, (30, 30, 390, 170), ["그날 밤,", "아무도 없었다."], 34, WHITE)
    rows = page(500, (100, 150, box), gutter=BLACK)
    assert cut(rows) == []
    assert close(cut(rows, TEXT), [(100, 150, 520, 350)], most=4)


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_tall_sky_with_any_number_of_stars_is_no_gutter(seed):
    rng = np.random.default_rng(seed)
    picture = graded(WIDTH, 3200, ((16, 17, 42), (40, 38, 70)), "down")
    noise = cv2.resize(rng.normal(0, 3, (400, 90)).astype(np.float32), (WIDTH, 3200))
    picture = (picture + noise[..., None]).clip(0, 255).astype(np.uint8)
    for x, y in zip(rng.integers(0, WIDTH, 90), rng.integers(0, 2500, 90), strict=True):
        cv2.circle(picture, (int(x), int(y)), 2, (190, 190, 200), cv2.FILLED, cv2.LINE_AA)
    cv2.circle(picture, (200, 700), 60, (240, 235, 210), cv2.FILLED, cv2.LINE_AA)
    figure(rng, picture, 380, 3210, 600, False)
    rows = page(4600, (0, 100, picture), (60, 3500, scene(seed, 560, 800)))
    assert close(cut(rows), [(0, 100, WIDTH, 3300), (60, 3500, 620, 4300)])
