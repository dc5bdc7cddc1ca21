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
    picture = np.broadcast_to(rows[:, None, None], (100, 6, 3)).copy()
    picture[50, 3] = 250
    distance = find_distance(picture, np.full(3, 20, np.float32), np.full(3, 219, np.float32))
    assert distance[50, 3] == 250 - 219
    distance[50, 3] = 0
    assert distance.max() <= 2


@pytest.mark.parametrize("size", [1, 3, 5, 11, 33])
@given(mask=MASKS)
def test_a_mask_is_opened_as_opencv_does_it(mask, size):
    expected = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    assert np.array_equal(opened(mask, size), expected)
