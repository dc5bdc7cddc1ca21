"""Polygons, masks and run lengths are one and the same set of pixels."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask

from toonseg.geometry import (
    box_area,
    covered_area,
    crop_rle,
    decode_rle,
    encode_rle,
    encode_window,
    intersection,
    mask_box,
    rasterise,
    rle_area,
    rle_box,
    rle_runs,
    runs_rle,
    shift_box,
)

SEED = Path(__file__).parents[2] / "shared" / "seed"
RECTANGLE = (1, 0, 3, 0, 3, 2, 1, 2)

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9))
boxes = st.tuples(*[st.integers(-4, 12)] * 2, *[st.integers(0, 9)] * 2).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
law = settings(deadline=None)


def drawn(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows], dtype=bool)


def inside(mask, box):
    """The part of a mask in a box, background beyond the mask's edges: crop_rle the plain way."""
    x0, y0, x1, y1 = box
    padded = np.pad(mask, 30)
    return padded[y0 + 30 : y1 + 30, x0 + 30 : x1 + 30]


def test_no_polygon_is_an_empty_mask():
    assert rasterise([], 2, 3).tolist() == drawn("...", "...").tolist()


@pytest.mark.parametrize(("height", "width"), [(0, 3), (3, 0), (0, 0)])
def test_a_frame_without_pixels_is_an_empty_mask(height, width):
    assert rasterise([RECTANGLE], height, width).shape == (height, width)


def test_parts_are_united_where_they_overlap():
    parts = [(0, 0, 3, 0, 3, 1, 0, 1), (2, 0, 4, 0, 4, 2, 2, 2)]
    assert rasterise(parts, 2, 5).tolist() == drawn("####.", "..##.").tolist()


def test_a_polygon_that_crosses_itself_is_filled_by_the_even_odd_rule():
    twice_around = (0, 0, 5, 0, 5, 5, 0, 5, 0, 0, 1, 1, 4, 1, 4, 4, 1, 4, 1, 1)
    expected = drawn("#####", "#...#", "#...#", "#...#", "#####")
    assert rasterise([twice_around], 5, 5).tolist() == expected.tolist()


def test_what_lies_outside_the_frame_is_clipped():
    assert rasterise([(-3, 1, 9, 1, 9, 9, -3, 9)], 3, 4).tolist() == drawn("....", "####", "####").tolist()


def test_an_rle_is_drawn_as_it_is():
    mask = drawn("#..", "##.")
    assert rasterise(encode_rle(mask), 2, 3).tolist() == mask.tolist()


@pytest.mark.parametrize(
    ("segmentation", "fault"),
    [
        ([(0, 0, 5, 5)], "at least 3 points"),
        ([(0, 0, 5, 5, 0)], "at least 3 points"),
        ([(0, 0, 5, 5, 0, 5, 1)], "at least 3 points"),
        ([(0, 0, 5, float("nan"), 0, 5)], "not finite"),
        ([(0, 0, 1e30, 5, 0, 5)], "far away"),
        ({"size": [3, 4], "counts": "2"}, r"the mask is \[3, 4\], the frame \[4, 4\]"),
        ({"size": [4, 4], "counts": "2"}, "does not fill"),
    ],
)
def test_what_cannot_be_drawn_is_named(segmentation, fault):
    with pytest.raises(ValueError, match=fault):
        rasterise(segmentation, 4, 4)


@pytest.mark.parametrize("counts", ["", "5", "zzzz", "P", "2\x7f", "ㅎ", "PPPPPPPPPPPP1"])
def test_a_damaged_run_length_code_is_refused_before_it_is_drawn(counts):
    with pytest.raises(ValueError, match="run-length code"):
        decode_rle({"size": [2, 5], "counts": counts})


@pytest.mark.parametrize("runs", [[3], [3, -1, 2], [9]])
def test_runs_that_do_not_fill_the_frame_are_refused(runs):
    with pytest.raises(ValueError, match="do not fill"):
        runs_rle(runs, 2, 2)


@law
@given(masks)
def test_encoding_loses_nothing_and_agrees_with_pycocotools(mask):
    rle = encode_rle(mask)
    assert decode_rle(rle).tolist() == mask.tolist()
    assert coco_mask.decode(rle).tolist() == mask.astype(int).tolist()
    assert runs_rle(rle_runs(rle), *mask.shape) == rle
    assert rle_area(rle) == mask.sum()


@law
@given(masks, *[st.integers(0, 5)] * 4)
def test_a_window_is_encoded_as_the_frame_around_it(mask, left, right, above, below):
    frame = np.pad(mask, ((above, below), (left, right)))
    assert encode_window(mask, (left, above), *frame.shape) == encode_rle(frame)


@pytest.mark.parametrize("at", [(-1, 0), (0, -1), (2, 0), (0, 3)])
def test_a_window_that_reaches_beyond_its_frame_is_refused(at):
    with pytest.raises(ValueError, match=r"2 rows and 3 columns at .* reaches beyond the frame"):
        encode_window(np.ones((2, 3), dtype=bool), at, 4, 4)


@law
@given(masks, boxes)
def test_cropping_runs_is_cropping_pixels(mask, box):
    assert crop_rle(encode_rle(mask), box) == encode_rle(inside(mask, box))


@law
@given(masks, st.lists(st.integers(0, 9), max_size=3), st.lists(st.integers(0, 9), max_size=3))
def test_the_crops_to_the_tiles_of_a_mask_are_all_of_it(mask, xs, ys):
    height, width = mask.shape
    columns = sorted({0, width, *(x for x in xs if x < width)})
    rows = sorted({0, height, *(y for y in ys if y < height)})
    tiles = [(x0, y0, x1, y1) for x0, x1 in pairwise(columns) for y0, y1 in pairwise(rows)]
    again = np.zeros_like(mask)
    for tile in tiles:
        x0, y0, x1, y1 = tile
        again[y0:y1, x0:x1] = decode_rle(crop_rle(encode_rle(mask), tile))
        assert decode_rle(encode_rle(mask), tile).tolist() == again[y0:y1, x0:x1].tolist()
    assert again.tolist() == mask.tolist()


@law
@given(masks)
def test_the_box_of_a_mask_holds_it_tightly(mask):
    x, y, width, height = mask_box(mask)
    assert mask[y : y + height, x : x + width].sum() == mask.sum()
    assert rle_box(encode_rle(mask)) == ((x, y, x + width, y + height) if mask.any() else (0, 0, 0, 0))
    if mask.any():
        edges = mask[[y, y + height - 1], :], mask[:, [x, x + width - 1]].T
        assert [edge.any(axis=1).tolist() for edge in edges] == [[True, True]] * 2


@law
@given(boxes, st.lists(boxes, max_size=4))
def test_a_covered_area_counts_each_pixel_once(box, others):
    def pixels(box):
        return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}

    assert box_area(box) == len(pixels(box))
    assert covered_area(box, others) == len(pixels(box) & set().union(*map(pixels, others)))
    assert [pixels(intersection(box, other)) for other in others] == [
        pixels(box) & pixels(other) for other in others
    ]


def test_boxes_move():
    assert shift_box((1, 2, 3, 4), 10, -2) == (11, 0, 13, 2)


@pytest.mark.skipif(not SEED.is_dir(), reason="the labels of 2021 are not on this machine")
def test_every_label_of_2021_is_drawn_as_pycocotools_draws_it():
    classes: Counter[str] = Counter()
    parts = 0
    for path in sorted(SEED.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        images = {image["id"]: image for image in document["images"]}
        names = {category["id"]: category["name"] for category in document["categories"]}
        for label in document["annotations"]:
            height, width = (images[label["image_id"]][side] for side in ("height", "width"))
            mask = rasterise(label["segmentation"], height, width)
            witness = coco_mask.merge(coco_mask.frPyObjects(label["segmentation"], height, width))
            assert (mask == coco_mask.decode(witness)).all()
            assert encode_rle(mask)["counts"] == witness["counts"].decode()
            assert mask.any()
            classes[names[label["category_id"]]] += 1
            parts += len(label["segmentation"])
    assert classes == {
        "hair": 658,
        "shirt": 290,
        "T-shirt": 232,
        "pants": 181,
        "skirt": 48,
        "outer": 403,
        "tie": 185,
        "vest": 106,
    }
    assert (classes.total(), parts) == (2103, 2926)
