"""What the cutter measures of pixels by short cuts is what the long way gives."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from toonseg.cuts.background import find_distance, within
from toonseg.cuts.opening import opened
from toonseg.cuts.rows import greatest_channel

COLOURS = st.tuples(*[st.integers(0, 510)] * 3).map(lambda colour: np.array(colour, np.float32) / 2)
PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))
MASKS = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.integers(0, 1))


@given(picture=PICTURES)
def test_the_greatest_channel_of_each_pixel_is_found(picture):
    assert np.array_equal(greatest_channel(picture), picture.max(axis=2))
    assert np.array_equal(greatest_channel(picture[:, ::2]), picture[:, ::2].max(axis=2))


@given(picture=PICTURES, colour=COLOURS, levels=st.integers(0, 255))
def test_what_is_within_some_levels_of_a_gutter_is_told_by_every_channel(picture, colour, levels):
    low, high = np.floor(colour - levels), np.ceil(colour + levels)
    expected = ((picture >= low) & (picture <= high)).all(axis=2)
    for above, below in ((colour, None), (None, colour), (colour, colour)):
        assert np.array_equal(within(find_distance(picture, above, below), levels) == 255, expected)


def test_in_a_gradient_every_row_has_a_colour_between_the_gutters():
    rows = np.linspace(20, 219, 100).round().astype(np.uint8)
    picture = np.broadcast_to(rows[:, None, None], (100, 40, 3)).copy()
    picture[50, 20] = 250
    distance = find_distance(picture, np.full(3, 20, np.float32), np.full(3, 219, np.float32))
    assert distance[50, 20] == 250 - 219
    distance[50, 20] = 0
    assert distance.max() <= 2


def test_a_gradient_that_is_not_even_is_told_by_the_ends_of_its_rows():
    rows = (20 + 199 * np.linspace(0, 1, 300) ** 1.15).round().astype(np.uint8)
    picture = np.broadcast_to(rows[:, None, None], (300, 40, 3)).copy()
    picture[100:200, 10:30] = 250
    distance = find_distance(picture, np.full(3, 20, np.float32), np.full(3, 219, np.float32))
    assert distance[100:200, 10:30].min() >= 250 - 219
    distance[100:200, 10:30] = 0
    assert distance.max() <= 2


def test_two_gutters_of_like_colours_make_no_gradient_of_a_wall_between_them():
    wall = np.random.default_rng(0).integers(238, 250, (100, 40, 3)).astype(np.uint8)
    wall[:, :, 2] = np.linspace(242, 220, 40)
    upper, lower = np.float32([255, 241, 242]), np.float32([236, 244, 255])
    away = np.minimum(*(find_distance(wall, colour, None) for colour in (upper, lower)))
    assert np.array_equal(find_distance(wall, upper, lower), away)


@pytest.mark.parametrize("size", [1, 3, 5, 11, 33])
@given(mask=MASKS)
def test_a_mask_is_opened_as_opencv_does_it(mask, size):
    expected = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    assert np.array_equal(opened(mask, size), expected)
