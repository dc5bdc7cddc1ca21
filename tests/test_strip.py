"""Pages lie on one vertical axis, and rows of it are read from the pages they are on."""

import gc
import weakref
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonseg.records import Page, Placement
from toonseg.strip import DECODED_BYTES, Strip, common_width, place_pages

SIZES = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 60)), max_size=6)


def page(number, width, height):
    return Page("s", "1", number, f"{number:03d}.png", width, height, 1, 0, "")


def pages(*sizes):
    return [page(number, *size) for number, size in enumerate(sizes, 1)]


def spans(placements):
    return [(placement.page, placement.y0, placement.y1) for placement in placements]


def numbered(width, height, first=0):
    """A picture in which every row has a value of its own."""
    rows = (first + np.arange(height)) % 251
    return np.broadcast_to(rows[:, None, None], (height, width, 3)).astype(np.uint8)


def strip_of(*pictures, width_px=None):
    """A strip over pictures in memory, and the numbers of the pages that were read."""
    read = []
    listed = pages(*[(picture.shape[1], picture.shape[0]) for picture in pictures])

    def read_page(placement):
        read.append(placement.page)
        return pictures[placement.page - 1]

    width_px = width_px or (pictures[0].shape[1] if pictures else 690)
    return Strip(place_pages(listed, width_px), read_page), read


def test_no_pages_are_placed_nowhere():
    assert place_pages([], 690) == []


def test_pages_lie_below_each_other_in_the_order_of_their_numbers():
    shuffled = [page(10, 690, 300), page(2, 690, 200), page(1, 690, 100)]
    assert spans(place_pages(shuffled, 690)) == [(1, 0, 100), (2, 100, 300), (10, 300, 600)]


def test_a_page_two_thirds_as_wide_comes_back_exactly():
    assert spans(place_pages(pages((690, 900), (460, 600), (690, 50)), 690)) == [
        (1, 0, 900),
        (2, 900, 1800),
        (3, 1800, 1850),
    ]


def test_half_a_row_is_rounded_up_and_a_page_keeps_at_least_one_row():
    assert spans(place_pages(pages((4, 1), (4, 3), (1000, 1)), 2)) == [(1, 0, 1), (2, 1, 3), (3, 3, 4)]


@given(SIZES, st.integers(1, 50))
@settings(deadline=None)
def test_placements_tile_the_strip_and_keep_proportions(sizes, width_px):
    placements = place_pages(pages(*sizes), width_px)
    ends = [0, *(placement.y1 for placement in placements)]
    assert [placement.y0 for placement in placements] == ends[:-1]
    for placement, (width, height) in zip(placements, sizes, strict=True):
        assert placement.scale == width_px / width
        assert abs(placement.y1 - placement.y0 - max(1.0, height * placement.scale)) <= 0.5 + 1e-9


def test_a_series_is_as_wide_as_most_of_its_pages():
    assert common_width([]) == 0
    assert common_width(pages((690, 9), (720, 9), (690, 9))) == 690


def test_of_equally_common_widths_the_widest_is_taken():
    assert common_width(pages((690, 9), (720, 9), (100, 9))) == 720


def test_a_strip_without_pages_has_no_rows():
    strip, _ = strip_of()
    assert (strip.width, strip.height) == (0, 0)
    assert strip.rows(0, 0).shape == (0, 0, 3)


@given(SIZES.filter(bool), st.data())
@settings(deadline=None)
def test_any_rows_are_those_of_the_whole_strip(sizes, data):
    strip, _ = strip_of(*[numbered(*size) for size in sizes])
    whole = strip.rows(0, strip.height)
    assert whole.shape == (strip.height, strip.width, 3)
    y0 = data.draw(st.integers(0, strip.height))
    y1 = data.draw(st.integers(y0, strip.height))
    fresh, _ = strip_of(*[numbered(*size) for size in sizes])
    assert np.array_equal(fresh.rows(y0, y1), whole[y0:y1])


def test_only_pages_that_the_rows_touch_are_read_and_each_once():
    strip, read = strip_of(numbered(8, 10), numbered(8, 10, 10), numbered(8, 10, 20))
    assert list(strip.rows(10, 20)[:, 0, 0]) == list(range(10, 20))
    assert read == [2]
    strip.rows(15, 30)
    strip.rows(12, 28)
    assert read == [2, 3]


def test_a_page_of_another_width_is_scaled_to_the_strips():
    strip, _ = strip_of(np.full((6, 4, 3), 7, np.uint8), np.full((6, 8, 3), 9, np.uint8), width_px=8)
    rows = strip.rows(0, strip.height)
    assert rows.shape == (12 + 6, 8, 3)
    assert (rows[:12] == 7).all()
    assert (rows[12:] == 9).all()


@given(SIZES.filter(bool), st.data())
@settings(deadline=None)
def test_lines_hold_two_rows_of_one_page_and_lead_back_to_them(sizes, data):
    strip, _ = strip_of(*[numbered(*size) for size in sizes], width_px=7)
    half = strip.half
    assert (half.row(0), half.row(half.height), half.line(strip.height)) == (0, strip.height, half.height)
    rows = [half.row(line) for line in range(half.height + 1)]
    assert all(0 < below - above <= 2 for above, below in pairwise(rows))
    y = data.draw(st.integers(0, strip.height - 1))
    assert half.row(half.line(y)) <= y < half.row(half.line(y) + 1)
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, half.height)] * 2)))
    assert half.lines(start, stop).shape == (stop - start, 4, 3)


def test_a_line_is_the_mean_of_its_rows_or_what_the_reader_of_halves_gives():
    picture = numbered(5, 7)
    strip, _ = strip_of(picture)
    assert list(strip.half.lines(0, 4)[:, 0, 0]) == [1, 3, 5, 6]
    placements = place_pages(pages((5, 7)), 5)
    halves = Strip(placements, lambda _: picture, lambda _: np.full((4, 3, 3), 9, np.uint8))
    assert (halves.half.lines(0, 4) == 9).all()
    none = Strip(placements, lambda _: picture, lambda _: None)
    assert np.array_equal(none.half.lines(0, 4), strip.half.lines(0, 4))


def watched_pages(width):
    """What reads black pages, and weak references to all that it has read."""
    held = []

    def read_page(placement):
        picture = np.zeros((placement.y1 - placement.y0, width, 3), np.uint8)
        held.append(weakref.ref(picture))
        return picture

    return read_page, held


def test_pages_read_long_ago_are_forgotten():
    read_page, held = watched_pages(1000)
    strip = Strip(place_pages(pages(*[(1000, 4000)] * 12), 1000), read_page)
    for y0 in range(0, strip.height, 1000):
        strip.rows(y0, y0 + 1000)
    kept = sum(reference() is not None for reference in held)
    assert 1 <= kept <= DECODED_BYTES // (4000 * 1000 * 3) + 1


def test_a_strip_that_is_let_go_takes_its_pictures_with_it_at_once():
    read_page, held = watched_pages(10)
    gc.disable()  # which frees what holds on to itself, but late
    try:
        strip = Strip(place_pages(pages((10, 20)), 10), read_page)
        assert strip.rows(0, 20).shape == strip.half.lines(0, 10).repeat(2, 0).repeat(2, 1).shape
        assert held[0]() is not None
        del strip
        assert [reference() for reference in held] == [None] * len(held)
    finally:
        gc.enable()


def test_rows_outside_the_strip_are_refused():
    strip, _ = strip_of(numbered(4, 10))
    for y0, y1 in ((-1, 3), (5, 11), (6, 5)):
        with pytest.raises(IndexError, match=f"rows {y0} to {y1} of a strip of 10"):
            strip.rows(y0, y1)


@pytest.mark.parametrize("second", [(11, 20), (9, 20), (10, 10)])
def test_placements_with_holes_are_refused(second):
    placements = [
        Placement("s", "1", 1, "1", 1.0, 0, 10),
        Placement("s", "1", 2, "2", 1.0, *second),
    ]
    with pytest.raises(ValueError, match="tile the rows"):
        Strip(placements, lambda placement: numbered(4, 10))
