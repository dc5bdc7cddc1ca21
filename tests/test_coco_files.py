"""COCO files as other tools write them become what training and scoring here want."""

import json

import pytest

from toonseg.coco_files import read_dataset, read_results, renumbered, with_classes_of
from toonseg.errors import LabelError
from toonseg.geometry import decode_rle


def foreign():
    """A dataset as labelme2coco writes it: everything from 0, a polygon, uncompressed runs, no iscrowd."""
    return {
        "images": [
            {"id": 4, "file_name": "val_images/b.png", "width": 4, "height": 2},
            {"id": 0, "file_name": "val_images/a.png", "width": 4, "height": 2},
        ],
        "annotations": [
            {"id": 0, "image_id": 4, "category_id": 0, "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]]},
            {"image_id": 0, "category_id": 7, "segmentation": {"size": [2, 4], "counts": [6, 2]}},
        ],
        "categories": [{"id": 7, "name": "tie"}, {"id": 0, "name": "hair"}],
    }


def result(**more):
    mask = {"size": [2, 4], "counts": [2, 4, 2]}
    return {"image_id": 4, "category_id": 0, "score": 0.5, "segmentation": mask, **more}


def read(tmp_path, results):
    (tmp_path / "r.json").write_text(json.dumps(results))
    return read_results(tmp_path / "r.json", renumbered(foreign(), "truth"))


def test_ids_count_from_1_and_masks_are_runs(tmp_path):
    (tmp_path / "coco.json").write_text(json.dumps(foreign()))
    coco = read_dataset(tmp_path / "coco.json").coco

    assert [(image["id"], image["file_name"][-5:]) for image in coco["images"]] == [
        (1, "a.png"),
        (2, "b.png"),
    ]
    assert [(row["id"], row["name"]) for row in coco["categories"]] == [(1, "hair"), (2, "tie")]
    first, second = coco["annotations"]
    assert (first["id"], first["image_id"], first["category_id"], first["iscrowd"]) == (1, 2, 1, 0)
    assert (second["id"], second["image_id"], second["category_id"]) == (2, 1, 2)
    assert decode_rle(first["segmentation"]).astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 0, 0]]
    assert (first["bbox"], first["area"], second["bbox"], second["area"]) == (
        [0, 0, 2, 2],
        4,
        [3, 0, 1, 2],
        2,
    )


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda coco: coco.pop("images"), "is no COCO dataset: it has no list 'images'"),
        (lambda coco: coco["images"][0].pop("width"), "number 1 of 'images' has no width"),
        (
            lambda coco: coco["images"][0].update(width=10**400),
            "number 1 of 'images' has the width 10000.*it must be a whole number over 0",
        ),
        (lambda coco: coco["images"].append(coco["images"][0]), "two images have the id 4"),
        (
            lambda coco: coco["images"][0].update(id="4"),
            "ids of 'images' must be whole numbers, or all of them",
        ),
        (lambda coco: coco["images"][0].update(id=[4]), "ids of 'images' must be whole numbers"),
        (lambda coco: coco["categories"][0].update(name="hair"), "two categories have one name"),
        (
            lambda coco: coco["annotations"][0].update(image_id=9),
            "annotation 0 is of image 9, which is not among",
        ),
        (
            lambda coco: coco["annotations"][1].update(category_id=1),
            "annotation 2 is of category 1, which is not",
        ),
        (
            lambda coco: coco["annotations"][0].update(segmentation=[[0, 0]]),
            "annotation 0 has no usable mask",
        ),
        (
            lambda coco: coco["annotations"][0].update(segmentation={"size": [2, 4]}),
            "annotation 0 has no usable mask: it is neither polygons .* nor a run-length encoding",
        ),
        (lambda coco: coco["annotations"][0].update(segmentation=None), "mask: it is neither polygons"),
        (
            lambda coco: coco["annotations"][0].update(segmentation=[[[0, 0], [2, 0], [2, 2]]]),
            "mask: it is neither polygons",
        ),
        (
            lambda coco: coco["annotations"][0].update(segmentation={"size": [2], "counts": [8]}),
            "mask: it is neither polygons",
        ),
        (
            lambda coco: coco["images"][1].update(height=None),
            "number 2 of 'images' has the height None: it must be a whole number over 0",
        ),
        (lambda coco: coco["images"][1].update(height="2 px"), "has the height '2 px'"),
        (lambda coco: coco["images"][1].update(width=0), "has the width 0"),
        (lambda coco: coco["images"][1].update(width=2.5), "has the width 2.5"),
        (lambda coco: coco["images"][1].update(file_name=7), "has the file_name 7: it must be a text"),
        (lambda coco: coco["categories"][1].update(name=None), "'categories' has the name None"),
        (lambda coco: coco["annotations"][1].update(image_id=[0]), "has the image_id \\[0\\]"),
        (lambda coco: coco["annotations"][1].update(category_id={}), "has the category_id {}"),
        (lambda coco: coco["annotations"][0].update(iscrowd="0"), "has the iscrowd '0': it must be 0 or 1"),
    ],
)
def test_what_is_wrong_in_a_dataset_is_named(break_it, sentence):
    coco = foreign()
    break_it(coco)

    with pytest.raises(LabelError, match=f"^x.json.*{sentence}"):
        renumbered(coco, "x.json")


def test_sides_written_as_floats_and_series_that_are_no_text_are_taken():
    coco = foreign()
    coco["images"][0].update(width=4.0, height=2.0, series=5)
    coco["images"][1].update(series=None)
    first, second = renumbered(coco, "x.json").coco["images"]

    assert (second["width"], second["height"], second["series"]) == (4, 2, "5")
    assert "series" not in first


def test_a_place_that_holds_no_file_is_said_in_a_sentence(tmp_path):
    with pytest.raises(LabelError, match=r"none.json does not exist: give a JSON file"):
        read_dataset(tmp_path / "none.json")
    with pytest.raises(LabelError, match=r"is a folder: give a JSON file"):
        read_results(tmp_path, renumbered(foreign(), "truth"))


def test_results_are_numbered_as_the_truth(tmp_path):
    [its] = read(tmp_path, [result()])

    assert (its["image_id"], its["category_id"]) == (2, 1)
    assert decode_rle(its["segmentation"]).astype(int).tolist() == [[0, 1, 1, 0], [0, 1, 1, 0]]
    assert its["bbox"] == [1, 0, 2, 2]
    assert read(tmp_path, [result(bbox=None)]) == [its]


@pytest.mark.parametrize("name", ["val_images/a.png", "a.png", "somewhere/val_images/a.png"])
def test_results_find_their_image_and_class_by_name(tmp_path, name):
    [its] = read(tmp_path, [result(file_name=name, category="tie", image_id=99, category_id=99)])

    assert (its["image_id"], its["category_id"]) == (1, 2)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"image_id": 1}, "result 1 is of image 1, which the truth does not hold"),
        ({"file_name": "c.png"}, "result 1 is of 'c.png', which the truth does not hold"),
        ({"file_name": "other/a.png"}, "result 1 is of 'other/a.png', which the truth does not hold"),
        ({"category_id": 1}, "result 1 is of class 1, which the truth does not know: there is hair, tie"),
        ({"category": "hat"}, "result 1 is of class 'hat', which the truth does not know"),
        ({"segmentation": None}, "result 1 has no usable mask"),
        ({"segmentation": {"size": [4, 2], "counts": "44"}}, "result 1 has no usable mask: the mask is"),
        ({"segmentation": {"size": [2, 4], "counts": "44444"}}, "result 1 has no usable mask"),
        ({"image_id": [4]}, "result 1 is of image \\[4\\], which the truth does not hold"),
        ({"category_id": [0]}, "result 1 is of class \\[0\\], which the truth does not know"),
        ({"category": ["hair"]}, "result 1 is of class '\\['hair'\\]', which the truth does not know"),
        ({"score": None}, "result 1 has the score None: it must be a number"),
        ({"score": "0.5"}, "result 1 has the score '0.5'"),
        ({"score": float("nan")}, "result 1 has the score nan"),
        ({"score": 10**400}, "result 1 has the score 1000"),
        ({"bbox": [0, 0, 10**400, 1]}, "result 1 has the bbox"),
        ({"segmentation": {"size": [2, 4], "counts": [10**400]}}, "result 1 has no usable mask"),
        ({"segmentation": [[0, 0, 10**400, 0, 0, 1]]}, "result 1 has no usable mask"),
        ({"bbox": [1, 2]}, "result 1 has the bbox \\[1, 2\\]: it must be x, y, width and height"),
        ({"bbox": ["a", 0, 1, 1]}, "result 1 has the bbox"),
        ({"bbox": [0, 0, float("nan"), 1]}, "result 1 has the bbox"),
        ({"bbox": [2, 2, -1, -1]}, "result 1 has the bbox"),
    ],
)
def test_a_result_that_does_not_belong_to_the_truth_is_named(tmp_path, wrong, sentence):
    with pytest.raises(LabelError, match=rf"r.json: {sentence}"):
        read(tmp_path, [result(**wrong)])


def test_a_name_that_several_images_end_in_is_refused(tmp_path):
    coco = foreign()
    coco["images"][0]["file_name"] = "train_images/a.png"
    (tmp_path / "r.json").write_text(json.dumps([result(file_name="a.png")]))

    with pytest.raises(LabelError, match=r"several images of the truth end in 'a.png'"):
        read_results(tmp_path / "r.json", renumbered(coco, "truth"))


def test_a_name_that_two_images_share_is_refused(tmp_path):
    coco = foreign()
    coco["images"][0]["file_name"] = coco["images"][1]["file_name"]
    (tmp_path / "r.json").write_text(json.dumps([result(file_name="val_images/a.png")]))

    with pytest.raises(LabelError, match=r"several images .* or give each its own file_name"):
        read_results(tmp_path / "r.json", renumbered(coco, "truth"))


def test_a_result_without_a_score_is_refused(tmp_path):
    its = result()
    del its["score"]

    with pytest.raises(LabelError, match=r"r.json: result 1 has no score"):
        read(tmp_path, [its])


def test_results_that_are_no_list_are_refused(tmp_path):
    with pytest.raises(LabelError, match=r"r.json is no list of COCO results"):
        read(tmp_path, {"results": []})


def test_an_annotation_without_a_pixel_is_left_out_and_counted():
    coco = foreign()
    coco["annotations"][0]["segmentation"] = [[1, 1, 1, 1, 1, 1]]
    read = renumbered(coco, "x.json")
    assert read.empty == 1
    assert [annotation["category_id"] for annotation in read.coco["annotations"]] == [2]


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "coco.json").write_text(json.dumps(foreign()), encoding="utf-8-sig")
    assert len(read_dataset(tmp_path / "coco.json").coco["annotations"]) == 2


def test_classes_are_numbered_as_another_dataset_numbers_them():
    dataset = renumbered(foreign(), "val").coco
    other = {"categories": [{"id": 1, "name": "vest"}, {"id": 2, "name": "tie"}, {"id": 3, "name": "hair"}]}
    like = with_classes_of(dataset, other, "val.json")
    assert like["categories"] == other["categories"]
    assert [annotation["category_id"] for annotation in like["annotations"]] == [3, 2]
    with pytest.raises(LabelError, match=r"val\.json has classes that the training set lacks: hair"):
        with_classes_of(dataset, {"categories": other["categories"][:2]}, "val.json")
