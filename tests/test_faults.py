"""Edges, kinds of errors, and counts: what tells why a score is what it is."""

import cv2
import numpy as np
import pytest
from hotcoco import COCO, COCOeval
from test_metrics import BETWEEN, HAIR, LEFT, RIGHT, TIE, found, perfect, random_case, truth_of

from toonseg.geometry import decode_rle, encode_rle
from toonseg.metrics.boundary import boundary_px, boundary_rle
from toonseg.metrics.coco import score
from toonseg.metrics.counts import ClassCount, Confusion, counts
from toonseg.metrics.faults import KINDS, faults

SQUARE = np.ones((5, 5), np.uint8)
NEAR_LEFT = """
#.......
........
"""  # IoU .25 with LEFT
HALF_LEFT = """
##......
.#......
"""  # IoU .75 with LEFT


def test_a_boundary_is_the_mask_near_its_outline_and_the_pictures_edge():
    mask = np.zeros((40, 30), bool)  # its diagonal is 50 pixels, so the boundary is 1 wide
    mask[5:12, 0:8] = True
    rows = decode_rle(boundary_rle(encode_rle(mask)))[5:12, 0:8]

    assert boundary_px(40, 30) == 1
    assert ["".join(".#"[int(value)] for value in row) for row in rows] == [
        "########",
        "#......#",
        "#......#",
        "#......#",
        "#......#",
        "#......#",
        "########",
    ]


def test_nothing_has_no_boundary_and_a_thin_mask_is_all_boundary():
    thin = np.zeros((40, 30), bool)
    assert not decode_rle(boundary_rle(encode_rle(thin))).any()
    thin[3, 4:20] = True
    assert np.array_equal(decode_rle(boundary_rle(encode_rle(thin))), thin)


def eroded(mask, steps):
    """A mask without what a step of 3 x 3 takes, so many times, nothing being around the picture."""
    for _ in range(steps):
        padded = np.pad(mask, 1)
        mask = np.min(
            [padded[y : y + mask.shape[0], x : x + mask.shape[1]] for y in range(3) for x in range(3)], 0
        )
    return mask


@pytest.mark.parametrize("seed", range(5))
def test_a_boundary_is_what_the_papers_erosion_takes(seed):
    random = np.random.default_rng(seed)
    mask = random.random((120, 160)) < 0.02
    mask = ~eroded(~mask, 6)  # blots
    steps = boundary_px(120, 160)

    assert steps == 4
    assert np.array_equal(decode_rle(boundary_rle(encode_rle(mask))), mask & ~eroded(mask, steps))


def test_a_wrong_outline_costs_more_by_boundaries_than_by_masks():
    truth, _ = random_case(3, scale=9)
    thick = [
        {
            **one,
            "segmentation": encode_rle(cv2.dilate(decode_rle(one["segmentation"]).astype(np.uint8), SQUARE)),
        }
        for one in perfect(truth)
    ]

    assert score(truth, perfect(truth), "boundary").overall.ap == 100.0
    assert score(truth, thick, "boundary").overall.ap < score(truth, thick, "segm").overall.ap - 20


@pytest.mark.parametrize(
    ("kind", "truth", "results"),
    [
        ("class", truth_of((1, HAIR, LEFT)), [found(1, TIE, LEFT)]),
        ("location", truth_of((1, HAIR, LEFT)), [found(1, HAIR, NEAR_LEFT)]),
        ("both", truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT)), [found(1, TIE, NEAR_LEFT)]),
        ("background", truth_of((1, HAIR, LEFT)), [found(1, HAIR, BETWEEN)]),
        ("duplicate", truth_of((1, HAIR, LEFT)), [found(1, HAIR, LEFT, 0.9), found(1, HAIR, HALF_LEFT, 0.8)]),
        ("missed", truth_of((1, HAIR, LEFT)), []),
    ],
)
def test_each_kind_of_error_is_told_from_the_others(kind, truth, results):
    count = faults(truth, results).count

    missed = 0 if kind in ("class", "location", "duplicate") else len(truth["annotations"])
    assert count == {**dict.fromkeys(KINDS, 0), "missed": missed, kind: missed if kind == "missed" else 1}


def test_mending_what_is_wrong_gains_what_it_costs():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT))
    results = [found(1, HAIR, LEFT, 0.9), found(1, HAIR, BETWEEN, 0.8), found(1, TIE, RIGHT, 0.7)]
    gain = faults(truth, results).gain

    without_background = round(100 * 51 / 101, 2)  # one of two is found, before the false one as after it
    assert gain["background"] == 0.0
    assert gain["class"] == pytest.approx((51 + 50 * 2 / 3) / 101 * 100 - without_background, abs=0.011)


def test_only_the_surest_of_several_errors_on_an_instance_is_mended():
    truth = truth_of((1, HAIR, LEFT))
    gain = faults(truth, [found(1, TIE, LEFT, 0.9), found(1, TIE, HALF_LEFT, 0.8)]).gain

    assert gain["class"] == 100.0


@pytest.mark.parametrize("seed", range(6))
def test_errors_are_those_that_hotcoco_tells(seed):
    truth, results = random_case(seed, panels=20, scale=3)
    random = np.random.default_rng(seed)
    for result in results:
        if random.random() < 0.3:
            result["category_id"] = int(random.integers(1, 4))
    for label in truth["annotations"]:
        label["iscrowd"] = 0
    for result in results:
        del result["bbox"]
    dataset = COCO(truth)
    evaluation = COCOeval(dataset, dataset.load_res(results), "segm")
    evaluation.evaluate()
    theirs = evaluation.tide_errors()
    ours = faults(truth, results)

    names = dict(zip(KINDS, ("Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"), strict=True))
    assert ours.count == {kind: theirs["counts"][name] for kind, name in names.items()}
    for kind, name in names.items():
        assert ours.gain[kind] == pytest.approx(100 * theirs["delta_ap"][name], abs=0.01), kind


def test_predictions_on_ignored_regions_are_no_errors():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT), crowds=[2])

    assert set(faults(truth, [found(1, HAIR, RIGHT), found(1, HAIR, LEFT)]).count.values()) == {0}


def test_counts_begin_at_the_score_and_tell_right_wrong_and_missed():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, BETWEEN), (1, TIE, RIGHT))
    results = [found(1, HAIR, LEFT, 0.9), found(1, HAIR, RIGHT, 0.8), found(1, HAIR, BETWEEN, 0.49)]
    its = counts(truth, results, 0.5)

    assert its.classes == [ClassCount("hair", 2, 2, 1), ClassCount("tie", 1, 0, 0)]
    assert (its.overall.precision, its.overall.recall) == (50.0, 33.33)
    assert its.pairs == [Confusion("hair", "hair"), Confusion("hair", "nothing"), Confusion("tie", "hair")]


def test_an_instance_is_confused_only_where_its_own_class_was_not_found():
    truth = truth_of((1, HAIR, LEFT))
    its = counts(truth, [found(1, TIE, LEFT, 0.9), found(1, HAIR, HALF_LEFT, 0.6)], 0.5)

    assert its.pairs == [Confusion("hair", "hair"), Confusion("nothing", "tie")]


def test_counts_of_nothing_are_nothing():
    its = counts(truth_of(), [], 0.5)

    assert (its.overall, its.pairs) == (ClassCount("all", 0, 0, 0), [])
    assert (its.overall.precision, its.overall.recall) == (0.0, 0.0)
