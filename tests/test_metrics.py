"""Scores are COCO's, in percent, and no trap of pycocotools gets through."""

import copy
import io
from contextlib import redirect_stdout
from dataclasses import astuple

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from toonseg.errors import ToonsegError
from toonseg.geometry import encode_rle, mask_box
from toonseg.metrics.checks import check_results, check_truth
from toonseg.metrics.coco import score
from toonseg.metrics.tables import (
    ClassBar,
    all_scores,
    class_bars,
    curve_points,
    every_score,
    headline,
    report,
    score_rows,
    text,
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


def square(first, end):
    """A drawing of 60 x 60 pixels, filled from ``first`` to ``end`` on both axes."""
    rows = ["".join(".#"[first <= x < end and first <= y < end] for x in range(60)) for y in range(60)]
    return "\n".join(rows)


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


NONE = (0, None, None, None)


def main(its):
    """The three numbers that are looked at first, and what they are over."""
    return its.n, its.ap, its.ap50, its.ap75


def perfect(truth):
    return [
        {**{key: label[key] for key in ("image_id", "category_id", "segmentation", "bbox")}, "score": 0.5}
        for label in truth["annotations"]
    ]


def random_case(seed, panels=12, scale=1):
    """Many random boxes in two series, and predictions that miss, shift and repeat them."""
    random = np.random.default_rng(seed)
    truth = {
        "images": [
            {
                "id": 3 * number + 5,
                "file_name": f"{number}.png",
                "width": 40 * scale,
                "height": 30 * scale,
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
            mask = np.zeros((30 * scale, 40 * scale), bool)
            x, y = random.integers(0, 28 * scale), random.integers(0, 20 * scale)
            mask[y : y + random.integers(3, 9 * scale), x : x + random.integers(3, 11 * scale)] = True
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
                moved = np.roll(mask, tuple(scale * random.integers(-1, 2, 2)), (0, 1))
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

    assert main(scores.overall) == main(scores.classes["hair"]) == main(scores.series["a"]) == NONE
    assert scores.curves == {}


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_a_test_set_without_panels_has_no_score(kind):
    assert main(score(truth_of(series=()), [], kind).overall) == NONE


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_a_detector_that_finds_nothing_scores_0(kind):
    scores = score(truth_of((1, HAIR, LEFT), (1, TIE, RIGHT)), [], kind)

    assert main(scores.overall) == (2, 0.0, 0.0, 0.0)
    assert main(scores.classes["hair"]) == main(scores.classes["tie"]) == (1, 0.0, 0.0, 0.0)


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
    assert main(score(truth, results, "segm").overall) == (2, by_hand, by_hand, by_hand)


def test_a_mask_of_iou_625_counts_at_three_of_the_ten_thresholds():
    truth = truth_of((1, HAIR, "####.... ####...."))
    results = [found(1, HAIR, "###..... ##......")]

    assert main(score(truth, results, "segm").overall) == (1, 30.0, 100.0, 0.0)


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

    assert main(score(truth, on_it, "segm").overall) == (1, 100.0, 100.0, 100.0)
    assert main(score(truth, on_it[1:], "segm").overall) == (1, 100.0, 100.0, 100.0)


def test_a_class_without_instances_has_no_score_and_takes_no_part_in_the_mean():
    scores = score(truth_of((1, HAIR, LEFT)), [found(1, HAIR, LEFT), found(1, TIE, RIGHT)], "segm")

    assert main(scores.overall) == (1, 100.0, 100.0, 100.0)
    assert main(scores.classes["tie"]) == NONE


def test_each_series_is_scored_on_its_own_panels():
    truth = truth_of((1, HAIR, LEFT), (2, HAIR, LEFT), series=("free", "love"))
    scores = score(truth, [found(1, HAIR, LEFT)], "segm")

    assert {name: main(its) for name, its in scores.series.items()} == {
        "free": (1, 100.0, 100.0, 100.0),
        "love": (1, 0.0, 0.0, 0.0),
    }
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


def pycocotools_summary(truth, results, kind):
    """The twelve numbers as pycocotools itself tells them, in percent; None for its -1."""
    shape = "bbox" if kind == "segm" else "segmentation"  # loadRes takes the area of what is left
    alone = [{key: value for key, value in result.items() if key != shape} for result in results]
    with redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = copy.deepcopy(truth)
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(copy.deepcopy(alone)), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [None if value < 0 else round(100 * value, 2) for value in evaluation.stats]


@pytest.mark.parametrize("kind", ["segm", "bbox"])
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_twelve_numbers_are_those_of_pycocotools_own_summary(kind, seed):
    truth, results = random_case(seed, scale=9)  # instances of all three sizes

    assert list(astuple(score(truth, results, kind).overall))[1:] == pycocotools_summary(truth, results, kind)


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_hotcoco_gives_the_same_report(seed):
    truth, results = random_case(seed, scale=9)

    assert same(report(truth, results, 0.5, fast=True), report(truth, results, 0.5))
    assert same(report(truth, [], 0.5, fast=True), report(truth, [], 0.5))


def same(one, other):
    """Whether two reports tell the same, curves apart."""
    return all(
        (one.scores[kind].overall, one.scores[kind].both) == (its.overall, its.both)
        for kind, its in other.scores.items()
    )


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


def test_bars_and_scores_leave_out_what_has_none():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT), crowds=[2])
    its = report(truth, [found(1, HAIR, LEFT)], 0.5)
    metrics = all_scores(its)
    full = {"AP": 100.0, "AP50": 100.0, "AP75": 100.0}

    assert class_bars(its.scores["segm"]) == [ClassBar("hair", 1, 100.0)]
    assert metrics["count"] == {"panels": 1, "instances": 1, "ignored": 1, "predictions": 1}
    for kind in ("segm", "bbox"):
        assert metrics[kind]["class"] == {"hair": {**full, "n": 1}, "tie": {"n": 0}}
        assert metrics[kind]["series"] == {"a": {**full, "n": 1}}
        assert metrics[kind].items() >= {**full, "APsmall": 100.0, "AR1": 100.0, "ARsmall": 100.0}.items()
        assert "APlarge" not in metrics[kind]
    assert metrics["boundary"] == full
    assert set(metrics["errors"].values()) == {0.0}
    assert metrics["kept"] == {"score": 0.5, "predicted": 1, "right": 1, "precision": 100.0, "recall": 100.0}


def test_what_is_found_inside_an_ignored_region_counts_for_no_score():
    ignored, inside, thing = (square(5, 45), square(20, 30), square(50, 58))
    truth = truth_of((1, HAIR, ignored), (1, HAIR, thing), crowds=[1])
    truth["images"][0] |= {"width": 60, "height": 60}
    scored = all_scores(report(truth, [found(1, HAIR, inside), found(1, HAIR, thing, 0.8)], 0.5))
    assert [scored[kind]["AP"] for kind in ("segm", "bbox", "boundary")] == [100.0] * 3


def test_every_score_is_told_per_class_per_series_and_per_both():
    truth = truth_of((1, HAIR, LEFT), (2, TIE, LEFT), series=("free", "love"))
    its = every_score(report(truth, [found(1, HAIR, LEFT)], 0.5))
    full, none = ({"AP": ap, "AP50": ap, "AP75": ap, "n": 1} for ap in (100.0, 0.0))

    for kind in ("segm", "bbox", "boundary"):
        assert its[kind]["class"] == {"hair": full, "tie": none}
        assert its[kind]["series"] == {"free": full, "love": none}
        assert its[kind]["series_class"] == {
            "free": {"hair": full, "tie": {"n": 0}},
            "love": {"hair": {"n": 0}, "tie": none},
        }
    assert its["kept"]["class"]["hair"] == {
        "labelled": 1, "predicted": 1, "right": 1, "precision": 100.0, "recall": 100.0,
    }  # fmt: skip


def test_the_metrics_of_dvc_have_plain_names_and_are_few():
    truth = truth_of((1, HAIR, LEFT), (1, HAIR, RIGHT), (2, HAIR, LEFT), series=("free", "love"))
    its = report(truth, [found(1, HAIR, LEFT), found(2, HAIR, RIGHT)], 0.5)
    ap = its.scores["segm"].overall.ap

    assert headline(its) == {
        "masks": {"AP": ap, "AP50": ap, "AP75": ap, "edge_AP": ap},
        "boxes": {"AP": ap, "AP50": ap, "AP75": ap},
        "class_AP50": {"hair": ap},  # tie has no instance, so no score
        "series_AP50": {"free": its.scores["segm"].series["free"].ap50, "love": 0.0},
        "found": {"precision": 50.0, "recall": 33.33},
        "tested": {"panels": 2, "instances": 3},
    }


def test_rows_hold_every_series_and_class_with_its_n():
    truth = truth_of((1, HAIR, LEFT), (2, HAIR, LEFT), (2, TIE, RIGHT), series=("free", "love"))
    rows = score_rows(report(truth, [found(1, HAIR, LEFT)], 0.5))

    assert [(row.series, row.name, row.n, row.ap) for row in rows if row.kind == "segm"] == [
        ("all", "all", 3, 25.25),
        ("all", "hair", 2, 50.5),
        ("all", "tie", 1, 0.0),
        ("free", "all", 1, 100.0),
        ("free", "hair", 1, 100.0),
        ("free", "tie", 0, None),
        ("love", "all", 2, 0.0),
        ("love", "hair", 1, 0.0),
        ("love", "tie", 1, 0.0),
    ]
    assert [row.kind for row in rows] == ["segm"] * 9 + ["bbox"] * 9 + ["boundary"] * 9


def test_a_series_and_a_class_of_one_name_are_told_apart():
    truth = truth_of((1, HAIR, LEFT), (2, HAIR, LEFT), (2, TIE, RIGHT), series=("hair", "all"))
    its = report(truth, [found(1, HAIR, LEFT)], 0.5)
    rows = [(row.series, row.name, row.n) for row in score_rows(its) if row.kind == "segm"]
    lines = [line.split()[:3] for line in text(its).splitlines() if line.startswith(("hair", "all"))]

    assert rows[:3] == [("all", "all", 3), ("all", "hair", 2), ("all", "tie", 1)]
    assert rows[3:] == [
        *[("all", "all", 2), ("all", "hair", 1), ("all", "tie", 1)],
        *[("hair", "all", 1), ("hair", "hair", 1), ("hair", "tie", 0)],
    ]
    assert lines[:4] == [
        *[["hair", "2", "50.5"], ["all", "2", "0.0"]],
        *[["hair", "1", "100.0"], ["all", "3", "25.2"]],
    ]


def test_names_of_wide_letters_leave_the_columns_straight():
    truth = truth_of((1, HAIR, LEFT), (1, TIE, RIGHT))
    truth["categories"][1]["name"] = "넥타이"
    table = text(report(truth, [found(1, HAIR, LEFT)], 0.5)).splitlines()

    assert table[2].startswith("hair    1  ")
    assert table[3].startswith("넥타이  1  ")


def test_a_truth_without_series_is_scored_as_one():
    truth = truth_of((1, HAIR, LEFT))
    del truth["images"][0]["series"]
    scores = score(truth, [found(1, HAIR, LEFT)], "segm")

    assert main(scores.overall) == (1, 100.0, 100.0, 100.0)
    assert scores.series == scores.both == {}


def test_the_text_tells_scores_errors_and_counts():
    truth = truth_of((1, HAIR, LEFT))

    assert text(report(truth, [found(1, HAIR, LEFT)], 0.5)).splitlines() == [
        "class  n     AP   AP50   AP75  edge AP  box AP",
        "----------------------------------------------",
        "hair   1  100.0  100.0  100.0    100.0   100.0",
        "tie    0      -      -      -        -       -",
        "----------------------------------------------",
        "a      1  100.0  100.0  100.0    100.0   100.0",
        "----------------------------------------------",
        "all    1  100.0  100.0  100.0    100.0   100.0",
        "",
        "AP50 of masks would gain without errors of: class 0.0 (0), location 0.0 (0), both 0.0 (0), "
        "duplicate 0.0 (0), background 0.0 (0), missed 0.0 (0)",
        "",
        "score >= 0.5  labelled  predicted  right  precision  recall",
        "-----------------------------------------------------------",
        "hair                 1          1      1      100.0   100.0",
        "tie                  0          0      0        0.0     0.0",
        "-----------------------------------------------------------",
        "all                  1          1      1      100.0   100.0",
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
