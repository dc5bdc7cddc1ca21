"""Scores are COCO's, in percent, and no trap of pycocotools gets through."""

import copy
import io
from contextlib import redirect_stdout

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from toonseg.errors import ToonsegError
from toonseg.geometry import encode_rle, mask_box
from toonseg.metrics import (
    ClassBar,
    Score,
    as_metrics,
    check_results,
    check_truth,
    class_bars,
    curve_points,
    score,
    table,
)

HAIR, TIE = 1, 2
LEFT = """
##......
##......
"""
RIGHT = """
......##
......##
"""
BETWEEN = """
...##...
...##...
"""


def drawn(text):
    return np.array([[letter == "#" for letter in row] for row in text.split()])


def truth_of(*labels, series=("a",), crowds=()):
    """A truth of one 8 x 2 panel per series; a label is (image id, class id, drawing)."""
    annotations = [
        {
            "id": number,
            "image_id": image,
            "category_id": class_id,
            "segmentation": encode_rle(drawn(text)),
            "bbox": list(mask_box(drawn(text))),
            "area": int(drawn(text).sum()),
            "iscrowd": int(number in crowds),
        }
        for number, (image, class_id, text) in enumerate(labels, start=1)
    ]
    images = [
        {"id": number, "file_name": f"{name}/1/{number}.png", "width": 8, "height": 2, "series": name}
        for number, name in enumerate(series, start=1)
    ]
    categories = [{"id": HAIR, "name": "hair"}, {"id": TIE, "name": "tie"}]
    return {"images": images, "annotations": annotations, "categories": categories}


def found(image, class_id, text, likelihood=0.9):
    return {
        "image_id": image,
        "category_id": class_id,
        "segmentation": encode_rle(drawn(text)),
        "bbox": [float(value) for value in mask_box(drawn(text))],
        "score": likelihood,
    }


def perfect(truth):
    return [
        {**{key: label[key] for key in ("image_id", "category_id", "segmentation", "bbox")}, "score": 0.5}
        for label in truth["annotations"]
    ]


def random_case(seed, panels=12):
    """Many random boxes in two series, and predictions that miss, shift and repeat them."""
    random = np.random.default_rng(seed)
    truth = {
        "images": [
            {
                "id": 3 * number + 5,
                "file_name": f"{number}.png",
                "width": 40,
                "height": 30,
                "series": "ab"[number % 2],
            }
            for number in range(panels)
        ],
        "annotations": [],
        "categories": [{"id": number, "name": f"class {number}"} for number in (1, 2, 3)],
    }
    results = []
    for image in truth["images"]:
        for _ in range(random.integers(0, 6)):
            mask = np.zeros((30, 40), bool)
            x, y = random.integers(0, 28), random.integers(0, 20)
            mask[y : y + random.integers(3, 9), x : x + random.integers(3, 11)] = True
            label = {"image_id": image["id"], "category_id": int(random.integers(1, 4))}
            truth["annotations"].append(
                {
                    **label,
                    "id": len(truth["annotations"]) + 1,
                    "segmentation": encode_rle(mask),
                    "bbox": list(mask_box(mask)),
                    "area": int(mask.sum()),
                    "iscrowd": int(random.random() < 0.1),
                }
            )
            for _ in range(random.integers(0, 3)):
                moved = np.roll(mask, tuple(random.integers(-1, 2, 2)), (0, 1))
                results.append(
                    {
                        **label,
                        "segmentation": encode_rle(moved),
                        "bbox": list(mask_box(moved)),
                        "score": float(random.random()),
                    }
                )
    return truth, results


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_a_test_set_without_instances_has_no_score(kind):
    scores = score(truth_of(), [found(1, HAIR, LEFT)], kind)

    assert scores.overall == scores.classes["hair"] == scores.series["a"] == Score(0, None, None, None)
    assert scores.curves == {}


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_a_test_set_without_panels_has_no_score(kind):
    assert score(truth_of(series=()), [], kind).overall == Score(0, None, None, None)


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_a_detector_that_finds_nothing_scores_0(kind):
    scores = score(truth_of((1, HAIR, LEFT), (1, TIE, RIGHT)), [], kind)

    assert scores.overall == Score(2, 0.0, 0.0, 0.0)
    assert scores.classes["hair"] == scores.classes["tie"] == Score(1, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("kind", ["segm", "bbox"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_perfect_detector_scores_exactly_100(kind, seed):
    truth, _ = random_case(seed)
    scores = score(truth, perfect(truth), kind)

    for its in (scores.overall, *scores.classes.values(), *scores.series.values()):
        assert (its.ap, its.ap50, its.ap75) == (100.0, 100.0, 100.0)


def test_one_of_two_found_behind_a_false_one_is_the_area_under_its_curve():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT))
    results = [found(1, HAIR, LEFT, 0.9), found(1, HAIR, BETWEEN, 0.8), found(1, HAIR, RIGHT, 0.7)]

    # Precision is 1 at the 51 recalls 0 to .5, then 2 of 3 at the other 50.
    by_hand = round(100 * (51 + 50 * 2 / 3) / 101, 2)
    assert score(truth, results, "segm").overall == Score(2, by_hand, by_hand, by_hand)


def test_a_mask_of_iou_625_counts_at_three_of_the_ten_thresholds():
    truth = truth_of((1, HAIR, "####.... ####...."))
    results = [found(1, HAIR, "###..... ##......")]

    assert score(truth, results, "segm").overall == Score(1, 30.0, 100.0, 0.0)


def test_masks_and_boxes_are_scored_apart():
    truth = truth_of((1, HAIR, "####.... ####...."))
    results = [found(1, HAIR, "#....... ...#....")]  # its box is right, its mask is not

    assert score(truth, results, "bbox").overall.ap == 100.0
    assert score(truth, results, "segm").overall.ap == 0.0


def test_a_second_prediction_of_the_same_instance_is_a_fault():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT))
    twice = [found(1, HAIR, LEFT, 0.9), found(1, HAIR, LEFT, 0.8), found(1, HAIR, RIGHT, 0.7)]

    assert score(truth, twice, "segm").overall.ap50 == round(100 * (51 + 50 * 2 / 3) / 101, 2)


def test_an_ignored_region_is_neither_missed_nor_a_fault_to_predict():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT), crowds=[2])
    on_it = [found(1, HAIR, RIGHT, 0.9), found(1, HAIR, LEFT, 0.5)]

    assert score(truth, on_it, "segm").overall == Score(1, 100.0, 100.0, 100.0)
    assert score(truth, on_it[1:], "segm").overall == Score(1, 100.0, 100.0, 100.0)


def test_a_class_without_instances_has_no_score_and_takes_no_part_in_the_mean():
    scores = score(truth_of((1, HAIR, LEFT)), [found(1, HAIR, LEFT), found(1, TIE, RIGHT)], "segm")

    assert scores.overall == Score(1, 100.0, 100.0, 100.0)
    assert scores.classes["tie"] == Score(0, None, None, None)


def test_each_series_is_scored_on_its_own_panels():
    truth = truth_of((1, HAIR, LEFT), (2, HAIR, LEFT), series=("free", "love"))
    scores = score(truth, [found(1, HAIR, LEFT)], "segm")

    assert scores.series == {"free": Score(1, 100.0, 100.0, 100.0), "love": Score(1, 0.0, 0.0, 0.0)}
    assert scores.overall.ap == round(100 * 51 / 101, 2)


@pytest.mark.parametrize("kind", ["segm", "bbox"])
@pytest.mark.parametrize("seed", [4, 5, 6])
def test_a_series_scores_as_if_it_were_alone(kind, seed):
    truth, results = random_case(seed)
    scores = score(truth, results, kind)

    for name in "ab":
        images = [image for image in truth["images"] if image["series"] == name]
        own = {image["id"] for image in images}
        part = {
            **truth,
            "images": images,
            "annotations": [label for label in truth["annotations"] if label["image_id"] in own],
        }
        alone = score(part, [result for result in results if result["image_id"] in own], kind)
        assert scores.series[name] == alone.overall


@pytest.mark.parametrize("kind", ["segm", "bbox"])
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_scores_are_those_of_pycocotools_own_summary(kind, seed):
    truth, results = random_case(seed)
    with redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = copy.deepcopy(truth)
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(copy.deepcopy(results)), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    overall = score(truth, results, kind).overall

    assert [overall.ap, overall.ap50, overall.ap75] == [
        round(100 * value, 2) for value in evaluation.stats[:3]
    ]


def test_neither_argument_is_changed_and_nothing_is_printed(capsys):
    truth, results = random_case(10)
    before = copy.deepcopy((truth, results))
    score(truth, results, "segm")
    score(truth, results, "bbox")

    assert (truth, results) == before
    assert capsys.readouterr() == ("", "")


def test_a_curve_holds_precision_at_101_recalls():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT))
    points = curve_points(score(truth, [found(1, HAIR, LEFT)], "segm"))

    assert [point.name for point in points] == ["hair"] * 101
    assert [point.recall for point in points] == [number / 100 for number in range(101)]
    assert [point.precision for point in points] == [1.0] * 51 + [0.0] * 50


def test_bars_and_metrics_leave_out_what_has_no_score():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT), crowds=[2])
    results = [found(1, HAIR, LEFT)]
    scores = {kind: score(truth, results, kind) for kind in ("segm", "bbox")}
    full = {"AP": 100.0, "AP50": 100.0, "AP75": 100.0}
    group = {**full, "class": {"hair": {**full, "n": 1}, "tie": {"n": 0}}, "series": {"a": {**full, "n": 1}}}

    assert class_bars(scores["segm"]) == [ClassBar("hair", 1, 100.0)]
    assert as_metrics(truth, results, scores) == {
        "count": {"panels": 1, "instances": 1, "ignored": 1, "predictions": 1},
        "segm": group,
        "bbox": group,
    }


def test_the_table_has_a_row_for_each_class_and_series_and_for_all():
    truth = truth_of((1, HAIR, LEFT))

    assert table(score(truth, [found(1, HAIR, LEFT)], "segm")).splitlines() == [
        "class      n      AP    AP50    AP75",
        "------------------------------------",
        "hair       1   100.0   100.0   100.0",
        "tie        0       -       -       -",
        "------------------------------------",
        "a          1   100.0   100.0   100.0",
        "------------------------------------",
        "all        1   100.0   100.0   100.0",
    ]


@pytest.mark.parametrize("kind", ["images", "annotations", "categories"])
@pytest.mark.parametrize("wrong", [0, -1, "1", None])
def test_an_id_that_is_no_number_from_1_is_refused(kind, wrong):
    truth = truth_of((1, HAIR, LEFT))
    truth[kind][0]["id"] = wrong

    with pytest.raises(ToonsegError, match=rf"^test.json: {kind} have the id {wrong!r}: number them from 1$"):
        check_truth(truth, "test.json")


def test_an_id_that_is_there_twice_is_refused():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT))
    truth["annotations"][1]["id"] = 1

    with pytest.raises(ToonsegError, match=r"two annotations have the id 1"):
        score(truth, [], "segm")


def broken(**changes):
    return [found(1, HAIR, LEFT), {**found(1, HAIR, LEFT), **changes}]


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (broken(image_id=7), r"result 2 is for image 7, which the truth does not hold"),
        (broken(category_id=0), r"result 2 is of class 0, which the truth does not know"),
        (broken(score=float("nan")), r"result 2 has the score nan"),
        (broken(segmentation=[[0, 0, 2, 0, 2, 2]]), r"result 2 has no mask in COCO's run-length encoding"),
        (
            broken(segmentation={"size": [8, 2], "counts": "@"}),
            r"mask of 2 x 8 pixels, but its image has 8 x 2",
        ),
        ([{"image_id": 1}], r"result 1 has no bbox"),
    ],
)
def test_results_that_do_not_belong_to_the_truth_are_refused(results, sentence):
    with pytest.raises(ToonsegError, match=rf"^results.json: .*{sentence}"):
        check_results(truth_of((1, HAIR, LEFT)), results, "results.json")
