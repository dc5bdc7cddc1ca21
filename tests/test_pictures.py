"""Drawings for people show what they are given, in the same pixels every time."""

import io

import numpy as np
import pytest
from PIL import Image

from toonseg.geometry import encode_rle
from toonseg.images import encode
from toonseg.pictures.compare import comparison, labelled_images, spread
from toonseg.pictures.overlay import Shape, fitted, font, overlay, written
from toonseg.pictures.palette import (
    CLASS_COLOURS,
    class_colour,
    indexed_png,
    label_palette,
    small_png,
    text_colour,
)
from toonseg.pictures.sheet import Pair, sheet
from toonseg.pictures.steps import steps_picture
from toonseg.records import Band, Panel, Placement

CLASSES = ["hair", "dress-shirt"]


def noise(height, width, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def box_mask(height, width, box):
    x0, y0, x1, y1 = box
    mask = np.zeros((height, width), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def touched(before, after):
    """The box of the pixels that differ, half-open."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


# Letters


def test_what_pillows_font_lacks_is_written_by_one_of_the_machines_or_by_the_number():
    name, its_font = written("셔츠", 11, "2")
    assert name in ("셔츠", "2")
    assert written("shirt", 11, "2") == ("shirt", font(11))
    assert written("\U0010fffe", 11, "2") == ("2", font(11))  # no font has it
    assert written("\U0010fffe", 11) == ("?", font(11))
    if name == "셔츠":
        assert bytes(its_font.getmask("셔")) != bytes(its_font.getmask("츠"))


def test_a_korean_class_is_named_on_its_mask():
    mask = box_mask(90, 120, (10, 10, 110, 80))
    korean, number = (
        overlay(noise(90, 120), [Shape(2, name, mask)]) for name in ("셔츠", written("셔츠", 11, "2")[0])
    )
    assert np.array_equal(korean, number)
    assert not np.array_equal(korean, overlay(noise(90, 120), [Shape(2, "??", mask)]))


# Palette


def test_colours_differ_among_two_rounds_of_classes():
    assert len({class_colour(number) for number in range(1, 17)}) == 16
    assert [class_colour(number) for number in range(1, 9)] == list(CLASS_COLOURS)


def test_a_tags_text_reads_on_every_class_colour():
    def luminance(colour):
        return np.dot(colour, (0.299, 0.587, 0.114))

    for colour in CLASS_COLOURS:
        assert abs(luminance(text_colour(colour)) - luminance(colour)) > 90


def test_a_palette_png_gives_its_values_back():
    values = np.arange(12, dtype=np.uint8).reshape(3, 4) % 9
    image = Image.open(io.BytesIO(indexed_png(values, label_palette(8))))

    assert (np.asarray(image) == values).all()
    assert (np.asarray(image.convert("RGB")) == np.array(label_palette(8), np.uint8)[values]).all()


def test_a_small_png_keeps_size_and_roughly_colours():
    picture = np.repeat(np.repeat(noise(8, 8), 16, axis=0), 16, axis=1)
    read = np.asarray(Image.open(io.BytesIO(small_png(picture))).convert("RGB"))

    assert read.shape == picture.shape
    assert np.abs(read.astype(int) - picture).mean() < 8


def test_a_small_png_keeps_white_and_class_colours_exactly():
    picture = noise(64, 64)
    picture[:8] = np.repeat(np.array(CLASS_COLOURS, np.uint8), 8, axis=0)
    picture[8:10] = 255
    read = np.asarray(Image.open(io.BytesIO(small_png(picture))).convert("RGB"))

    assert (read[:10] == picture[:10]).all()


# Overlay


def test_no_shape_changes_nothing():
    picture = noise(40, 60)
    nothing = Shape(1, "hair", np.zeros((40, 60), bool))

    assert (overlay(picture, []) == picture).all()
    assert (overlay(picture, [nothing]) == picture).all()


def test_a_mask_is_tinted_with_its_class_and_the_picture_is_left_alone():
    picture = np.full((200, 300, 3), 128, np.uint8)
    before = picture.copy()
    drawn = overlay(picture, [Shape(2, "hair", box_mask(200, 300, (100, 50, 200, 150)))])
    inside = drawn[100, 120].astype(int)

    assert (picture == before).all()
    assert (np.sign(inside - 128) == np.sign(np.array(class_colour(2)) - 128)).all()
    assert touched(picture, drawn)[2:] <= (203, 153)
    assert touched(picture, drawn)[:2] >= (97, 30)


@pytest.mark.parametrize(
    ("x", "y"),
    [(0, 0), (220, 0), (0, 140), (220, 140)],
    ids=["top left", "top right", "bottom left", "bottom right"],
)
def test_a_tag_stays_in_the_picture(x, y):
    picture = np.full((200, 300, 3), 128, np.uint8)
    drawn = overlay(picture, [Shape(1, "dress-shirt", box_mask(200, 300, (x, y, x + 80, y + 60)), 0.87)])
    tag = (drawn == class_colour(1)).all(axis=2)

    assert tag.sum() > 600
    assert drawn.shape == picture.shape


def test_the_tags_of_masks_in_one_place_stand_below_each_other():
    picture = np.full((200, 300, 3), 128, np.uint8)
    mask = box_mask(200, 300, (100, 50, 200, 150))
    both = overlay(picture, [Shape(1, "hair", mask), Shape(2, "vest", mask)])
    first_rows = np.flatnonzero((both == class_colour(1)).all(axis=2).sum(axis=1) > 15)
    second_rows = np.flatnonzero((both == class_colour(2)).all(axis=2).sum(axis=1) > 15)

    assert first_rows.size
    assert second_rows.max() > first_rows.max() + 8


def test_a_mask_hardly_larger_than_its_name_goes_without():
    picture = np.full((200, 300, 3), 128, np.uint8)
    drawn = overlay(picture, [Shape(1, "dress-shirt", box_mask(200, 300, (100, 50, 130, 70)))])

    assert touched(picture, drawn)[0] >= 97
    assert touched(picture, drawn)[2] <= 133


def test_a_name_that_the_font_lacks_is_drawn_all_the_same():
    picture = noise(100, 100)

    assert overlay(picture, [Shape(1, "머리", box_mask(100, 100, (10, 10, 60, 60)))]).shape == picture.shape


def test_a_fitted_drawing_has_the_size_asked_for():
    shape = Shape(1, "hair", box_mask(90, 120, (0, 0, 60, 90)))
    drawn = fitted(np.full((90, 120, 3), 255, np.uint8), [shape], 240, 180)

    assert drawn.shape == (180, 240, 3)
    assert (drawn[90, 200] == 255).all()
    assert (drawn[90, 50] != 255).any()


# Sheet


def pair(height, width, seed=1):
    shape = Shape(1, "hair", box_mask(height, width, (10, 10, width // 2, height // 2)), 0.9)
    return Pair(noise(height, width, seed), [shape], [shape], f"바다/{seed}")


def test_a_sheet_without_pairs_is_its_legend():
    assert sheet([], CLASSES).shape[1:] == (1400, 3)


@pytest.mark.parametrize(
    "sizes", [[(300, 200)], [(200, 690)] * 3, [(900, 80)] * 30, [(100, 100), (700, 690)] * 4]
)
def test_a_sheet_is_as_wide_as_asked_and_shows_every_pair(sizes):
    pairs = [pair(height, width, seed) for seed, (height, width) in enumerate(sizes)]
    drawn = sheet(pairs, CLASSES, width=1000, row_px=200)
    quiet = sheet([], CLASSES, width=1000)

    assert drawn.shape[1:] == (1000, 3)
    assert drawn.shape[0] > quiet.shape[0] + 40
    assert (drawn[:, -10:] == 255).all()


def test_a_label_stands_left_of_its_prediction():
    picture = np.full((200, 200, 3), 128, np.uint8)
    whole = box_mask(200, 200, (0, 0, 200, 200))
    drawn = sheet(
        [Pair(picture, [Shape(1, "hair", whole)], [Shape(4, "pants", whole)], "a")], CLASSES, width=500
    )
    row = drawn[drawn.shape[0] // 2].astype(int)
    left = np.abs(row - class_colour(1)).sum(axis=1) < 12
    right = np.abs(row - class_colour(4)).sum(axis=1) < 12

    assert left.any()
    assert right.any()
    assert np.flatnonzero(left).max() < np.flatnonzero(right).min()


def test_the_same_pairs_give_the_same_bytes():
    first, second = (small_png(sheet([pair(100, 120), pair(300, 80)], CLASSES)) for _ in range(2))

    assert first == second


# Which panels are compared


def test_shown_panels_are_spread_evenly():
    images = [{"id": number} for number in range(100)]

    assert [image["id"] for image in spread(images, 4)] == [12, 37, 62, 87]
    assert spread(images, 200) == images
    assert spread([], 4) == []


def test_panels_that_show_nothing_are_not_compared():
    truth = {
        "images": [{"id": 1, "file_name": "a/10/1.png"}, {"id": 2, "file_name": "a/9/1.png"}, {"id": 3}],
        "annotations": [
            {"image_id": 1, "iscrowd": 0},
            {"image_id": 2, "iscrowd": 0},
            {"image_id": 3, "iscrowd": 1},
        ],
    }

    assert [image["id"] for image in labelled_images(truth)] == [2, 1]


def test_a_comparison_shows_only_likely_predictions(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.png").write_bytes(encode(np.full((100, 100, 3), 128, np.uint8), "png", 100))
    mask = encode_rle(box_mask(100, 100, (20, 20, 80, 80)))
    truth = {
        "images": [{"id": 1, "file_name": "a/1.png", "width": 100, "height": 100}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": mask, "iscrowd": 0}],
        "categories": [{"id": 1, "name": "hair"}],
    }
    results = [{"image_id": 1, "category_id": 1, "segmentation": mask, "score": 0.6}]
    without = comparison(truth, [], tmp_path, 3, 0.5)

    assert (comparison(truth, results, tmp_path, 3, 0.7) == without).all()
    assert (comparison(truth, results, tmp_path, 3, 0.5) != without).any()


# Steps

STRIP = np.repeat(np.repeat(noise(20, 7), 100, axis=0), 100, axis=1)
PLACED = [Placement("a", "1", 1, "1.jpg", 1.0, 0, 900), Placement("a", "1", 2, "2.jpg", 1.25, 900, 2000)]
BANDS = [Band("a", "1", 100, 800), Band("a", "1", 1000, 1900)]
PANELS = [
    Panel("a", "1", 0, 100, 700, 800, "panel", "a/1/1.png"),
    Panel("a", "1", 100, 1000, 600, 1900, "text", ""),
]


def test_the_steps_stand_side_by_side():
    drawn = steps_picture(STRIP, 0, PLACED, BANDS, PANELS, column_px=140)

    assert drawn.shape[1] == 4 * 140 + 2 * 28 + 3 * 56
    assert drawn.shape[0] >= 400


def test_a_window_of_the_strip_shows_only_what_lies_in_it():
    part = steps_picture(STRIP[950:1950], 950, PLACED, BANDS, PANELS, column_px=140)
    alone = steps_picture(STRIP[950:1950], 950, PLACED[1:], BANDS[1:], PANELS[1:], column_px=140)

    assert (part == alone).all()


def test_a_strip_without_bands_and_panels_can_be_drawn():
    assert steps_picture(STRIP, 0, [], [], []).shape[0] > 700
