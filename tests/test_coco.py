"""Label files are read as they were drawn or refused by name; datasets are COCO to any reader."""

import copy
import json
from itertools import accumulate
from pathlib import Path

import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from seed import FILES, SEED, needs_seed

from toonseg.errors import LabelError, ToonsegError
from toonseg.formats.coco import categories, dataset_document
from toonseg.formats.labelfile import read_label_folder, read_labels
from toonseg.geometry import encode_rle, mask_box, rasterise
from toonseg.labels.project import project
from toonseg.labels.regions import Instance, LabelledRegion, SeriesLabels
from toonseg.records import Panel, Placement

CLASSES = ["hair", "dress-shirt", "tie"]
HEIGHTS = {"1": 1000, "2": 500}
STRIPS = {its: [Placement("school", its, 1, "1.jpg", 1.0, 0, end)] for its, end in HEIGHTS.items()}
SQUARE = [10.25, 10.5, 30.125, 10.5, 30.125, 40, 10.25, 40]

DOCUMENT = {
    "info": {"series": "school", "description": "as a person drew it"},
    "categories": [{"id": 1, "name": "hair", "supercategory": "person"}, {"id": 2, "name": "tie"}],
    "images": [
        {
            "id": 1,
            "file_name": "2/000050-0000.png",
            "width": 60,
            "height": 50,
            "episode": "2",
            "x0": 0,
            "y0": 50,
        },
        {
            "id": 2,
            "file_name": "1/000100-0005.png",
            "width": 60,
            "height": 50,
            "episode": "1",
            "x0": 5,
            "y0": 100,
        },
    ],
    "annotations": [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "segmentation": [SQUARE, [0, 0, 5, 0, 5, 5]],
            "iscrowd": 0,
        },
        {"id": 2, "image_id": 1, "category_id": 2, "segmentation": [SQUARE]},
    ],
}


def written(folder, document, name="school.json"):
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def changed(*route, to):
    """The document with the value at a route of keys and places replaced; ``to`` None removes the key."""
    document = copy.deepcopy(DOCUMENT)
    place = document
    for key in route[:-1]:
        place = place[key]
    if to is None:
        del place[route[-1]]
    else:
        place[route[-1]] = to
    return document


def test_a_file_without_images_holds_no_regions(tmp_path):
    empty = {**DOCUMENT, "images": [], "annotations": []}
    assert read_labels(written(tmp_path, empty), CLASSES, HEIGHTS) == SeriesLabels("school")


def test_regions_come_by_episode_and_place_with_shapes_as_they_were_drawn(tmp_path):
    second, first = read_labels(written(tmp_path, DOCUMENT), CLASSES, HEIGHTS).regions
    assert second == LabelledRegion(2, "school", "1", 5, 100, 60, 50, "1/000100-0005.png", ())
    assert first.box == (0, 50, 60, 100)
    assert first.instances == (
        Instance(1, "hair", (tuple(SQUARE), (0, 0, 5, 0, 5, 5))),
        Instance(2, "tie", (tuple(SQUARE),)),
    )


def test_masks_are_read_as_text_or_as_numbers_and_an_iscrowd_one_is_ignored(tmp_path):
    mask = rasterise([SQUARE], 50, 60)
    text = encode_rle(mask)
    numbers = {"size": [50, 60], "counts": [0, 50, 2950]}
    document = changed("annotations", 0, "segmentation", to=text)
    document["annotations"][1] |= {"segmentation": numbers, "iscrowd": 1}
    _, region = read_labels(written(tmp_path, document), CLASSES, HEIGHTS).regions
    assert [label.ignored for label in region.instances] == [False, True]
    assert region.instances[0].segmentation == text
    assert rasterise(region.instances[1].segmentation, 50, 60)[:, 0].all()


def test_points_may_slip_over_the_edge_of_their_image(tmp_path):
    slipped = [-1.76, -1, 61.5, -1, 61.5, 51.7]
    document = changed("annotations", 0, "segmentation", to=[slipped])
    _, region = read_labels(written(tmp_path, document), CLASSES, HEIGHTS).regions
    assert region.instances[0].segmentation == (tuple(slipped),)


POLYGON = ("annotations", 0, "segmentation")
RLE = {"size": [50, 60], "counts": [3000]}
BAD = {
    "a list for a document": ([], "must be a COCO file"),
    "no info": (changed("info", to=None), "school.json: info is missing"),
    "another series": (changed("info", "series", to="night"), "info names the series 'night': correct it"),
    "no images": (changed("images", to=None), "school.json: images is missing"),
    "images of another kind": (changed("images", to={}), "images must be a list, got {}"),
    "a row of another kind": (changed("images", 0, to=7), r"images\[0\]: must be a mapping .* got 7"),
    "an image without id": (changed("images", 0, "id", to=None), r"images\[0\]: id is missing"),
    "an id of text": (changed("images", 0, "id", to="1"), r"id must be a whole number, got '1'"),
    "two images of one id": (changed("images", 1, "id", to=1), "image 1: another image has the same id"),
    "two labels of one id": (changed("annotations", 1, "id", to=1), "annotation 1: another annotation has"),
    "two categories of one id": (changed("categories", 1, "id", to=1), "category 1: another category has"),
    "a class twice": (changed("categories", 1, "name", to="hair"), "category 2: the class 'hair' stands"),
    "a misspelt class": (
        changed("categories", 1, "name", to="dress-shrit"),
        r"category 2: unknown class 'dress-shrit': did you mean 'dress-shirt'\? .* hair, dress-shirt, tie",
    ),
    "an unknown class": (
        changed("categories", 1, "name", to="beard"),
        r"category 2: unknown class 'beard': rename it\? params.yaml lists hair, dress-shirt, tie",
    ),
    "an unknown category": (
        changed("annotations", 1, "category_id", to=7),
        "annotation 2 .* category 7 is not",
    ),
    "an unknown image": (changed("annotations", 1, "image_id", to=9), "annotation 2: its image 9 is not"),
    "an undeclared episode": (
        changed("images", 1, "episode", to="77"),
        r"image 2: its episode '77' is not among those of series.school in params.yaml \(1, 2\): declare it",
    ),
    "an episode that is a number": (changed("images", 1, "episode", to=1), "image 2: episode must be text"),
    "no height": (changed("images", 1, "height", to=0), "image 2: 60 x 0 px is no size"),
    "an endless width": (changed("images", 1, "width", to=10**12), "image 2: .* px is no size"),
    "half a pixel": (changed("images", 1, "y0", to=1.5), "image 2: y0 must be a whole number, got 1.5"),
    "a yes for a number": (changed("images", 1, "y0", to=True), "image 2: y0 must be a whole number"),
    "a negative anchor": (changed("images", 1, "x0", to=-1), r"image 2: its anchor \(x0 -1, y0 100\)"),
    "a place below the strip": (
        changed("images", 1, "y0", to=990),
        "image 2: reaches down to row 1040, but the strip of episode 1 ends at row 1000: correct its y0",
    ),
    "no shape": (changed(*POLYGON, to=[]), "annotation 1 of image 1: its segmentation must be polygons"),
    "a shape left out": (changed(*POLYGON, to=None), "annotation 1 of image 1: its segmentation must be"),
    "a flat polygon list": (
        changed(*POLYGON, to=SQUARE),
        "annotation 1 of image 1: a polygon must be a list",
    ),
    "a polygon of texts": (changed(*POLYGON, to=[["1"] * 6]), "annotation 1 of image 1: a polygon must be"),
    "two points": (
        changed(*POLYGON, to=[SQUARE, SQUARE[:4]]),
        "annotation 1 .* a polygon of 4 numbers: it needs x and y of at least 3 points",
    ),
    "half a point": (changed(*POLYGON, to=[SQUARE[:7]]), "annotation 1 .* a polygon of 7 numbers"),
    "NaN": (changed(*POLYGON, to=[[*SQUARE[:6], float("nan"), 1]]), "annotation 1 .* not finite"),
    "endless": (changed(*POLYGON, to=[[*SQUARE[:6], float("inf"), 1]]), "annotation 1 .* not finite"),
    "far to the right": (changed(*POLYGON, to=[[*SQUARE[:6], 70.5, 1]]), "polygon reaches x 70.5, outside"),
    "far above": (
        changed(*POLYGON, to=[[*SQUARE[:6], 1, -9]]),
        "polygon reaches y -9, outside its image of 60",
    ),
    "beyond floats": (changed(*POLYGON, to=[[*SQUARE[:6], 10**400, 1]]), "annotation 1 .* polygon reaches x"),
    "an iscrowd of text": (changed("annotations", 0, "iscrowd", to="no"), "iscrowd must be 0 or 1, got 'no'"),
    "a mask of another size": (
        changed(*POLYGON, to={**RLE, "size": [60, 50]}),
        r"annotation 1 of image 1: its mask has the size \[60, 50\], but its image is \[50, 60\]",
    ),
    "a mask that is too short": (
        changed(*POLYGON, to={**RLE, "counts": [30]}),
        "mask cannot be read .* do not",
    ),
    "a mask of endless runs": (changed(*POLYGON, to={**RLE, "counts": [10**30]}), "mask cannot be read"),
    "a damaged mask": (changed(*POLYGON, to={**RLE, "counts": "zz"}), "its mask cannot be read .*damaged"),
    "a mask of nothing": (changed(*POLYGON, to={**RLE, "counts": None}), "counts of its mask must be text"),
    "the same part twice": (
        changed("images", 1, to={**DOCUMENT["images"][0], "id": 2, "y0": 60}),
        "the images 1 and 2 label the same part of episode 2: keep one of them",
    ),
}


@pytest.mark.parametrize(("document", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_label_file_is_refused_with_its_name_and_the_id(tmp_path, document, sentence):
    with pytest.raises(LabelError, match=sentence) as error:
        read_labels(written(tmp_path, document), CLASSES, HEIGHTS)
    assert str(error.value).startswith(f"{tmp_path}/school.json")


def test_truncated_json_is_refused_with_its_line(tmp_path):
    text = json.dumps(DOCUMENT, indent=1)
    with pytest.raises(ToonsegError, match=r"school.json, line \d+, column \d+: not valid JSON"):
        read_labels(written(tmp_path, text[: len(text) // 2]), CLASSES, HEIGHTS)


def test_regions_may_touch_and_share_a_few_rows(tmp_path):
    document = changed("images", 1, to={**DOCUMENT["images"][0], "id": 2, "y0": 90})
    assert len(read_labels(written(tmp_path, document), CLASSES, HEIGHTS).regions) == 2


@needs_seed
@pytest.mark.parametrize(("name", "count"), [(name, its[2]) for name, its in FILES.items()])
def test_the_labels_of_2021_are_taken_as_they_were_drawn(tmp_path, name, count):
    source = json.loads((SEED / name).read_text(encoding="utf-8"))
    tops = list(accumulate((image["height"] for image in source["images"]), initial=0))
    anchored = [
        {**image, "episode": "1", "x0": 0, "y0": y0}
        for image, y0 in zip(source["images"], tops, strict=False)
    ]
    document = {**source, "info": {"series": Path(name).stem}, "images": anchored}
    classes = [category["name"] for category in source["categories"]]
    regions = read_labels(written(tmp_path, document, name), classes, {"1": tops[-1]}).regions
    drawn = {label.id: label.segmentation for region in regions for label in region.instances}
    assert drawn == {label["id"]: tuple(map(tuple, label["segmentation"])) for label in source["annotations"]}
    panels = [Panel(region.series, "1", *region.box, "panel", region.source) for region in regions]
    projection = project(panels, regions, min_visible=1, min_labelled=1)
    assert sum(projection.fates.values()) == count
    assert {fate for _, fate in projection.fates} == {"kept"}


def test_no_folder_of_labels_holds_none(tmp_path):
    assert read_label_folder(tmp_path / "labels", CLASSES, {"school": STRIPS}) == ([], [])


def test_a_file_of_a_series_that_is_not_declared_is_listed_and_not_read(tmp_path):
    written(tmp_path, DOCUMENT)
    removed = written(tmp_path, "not even JSON", name="removed.json")
    written(tmp_path, "half", name=".school.json.partial")
    regions, others = read_label_folder(tmp_path, CLASSES, {"school": STRIPS, "unlabelled": {}})
    assert [region.id for region in regions] == [2, 1]
    assert others == [removed]


def test_a_region_whose_pages_have_moved_is_refused_with_what_to_run(tmp_path):
    pages = [{"sha256": "ab", "y0": 0, "y1": 400}]
    path = written(tmp_path, changed("images", 0, "pages", to=pages))
    sentence = "image 1: the pages under it lie elsewhere .* run `toonseg labels anchor --series school`"
    with pytest.raises(LabelError, match=sentence):
        read_label_folder(tmp_path, CLASSES, {"school": STRIPS})
    path.write_text(path.read_text().replace("400", "500"))
    assert len(read_label_folder(tmp_path, CLASSES, {"school": STRIPS})[0]) == 2


def test_class_ids_begin_at_one():
    assert [(row["id"], row["name"]) for row in categories(CLASSES)] == [
        (1, "hair"),
        (2, "dress-shirt"),
        (3, "tie"),
    ]


def rectangle(x0, y0, x1, y1):
    return (x0, y0, x1, y0, x1, y1, x0, y1)


def dataset(folder):
    """A dataset of two panels, as a file: hair on the first, cut off, and a tie on the second."""
    instances = (
        Instance(1, "hair", (rectangle(0, 0, 8, 9),)),
        Instance(2, "tie", (rectangle(3, 12, 7, 19),)),
        Instance(3, "tie", (rectangle(0, 0, 4, 9),), ignored=True),
    )
    region = LabelledRegion(1, "school", "1", 0, 100, 20, 20, "", instances)
    panels = [
        Panel("school", "1", 0, 102, 10, 110, "panel", "school/1/000102-0000.png"),
        Panel("school", "1", 0, 110, 16, 120, "panel", "school/1/000110-0000.png"),
    ]
    labelled = project(panels, [region], min_visible=0.5, min_labelled=0.9).labelled
    path = folder / "train.json"
    digests = {panel.path: f"digest of {panel.path}" for panel in panels}
    path.write_text(json.dumps(dataset_document(labelled, CLASSES, digests, "toonseg train")))
    return path


def test_an_empty_dataset_still_lists_its_classes():
    document = dataset_document([], CLASSES, {}, "none")
    assert document["images"] == document["annotations"] == []
    assert len(document["categories"]) == 3


def test_a_dataset_counts_from_one_and_its_boxes_and_areas_are_those_of_its_masks(tmp_path):
    document = json.loads(dataset(tmp_path).read_text())
    assert document["images"][0] == {
        "id": 1,
        "file_name": "school/1/000102-0000.png",
        "sha256": "digest of school/1/000102-0000.png",
        "width": 10,
        "height": 8,
        "series": "school",
        "episode": "1",
    }
    found = [
        [row[key] for key in ("id", "image_id", "category_id", "bbox", "area", "iscrowd")]
        for row in document["annotations"]
    ]
    assert found == [
        [1, 1, 1, [0, 0, 8, 7], 56, 0],
        [2, 1, 3, [0, 0, 4, 7], 28, 1],
        [3, 2, 3, [3, 2, 4, 7], 28, 0],
    ]
    for row in document["annotations"]:
        mask = rasterise(row["segmentation"], *row["segmentation"]["size"])
        assert list(mask_box(mask)) == row["bbox"]
        assert mask.sum() == row["area"]


def test_pycocotools_reads_a_dataset_and_gives_a_perfect_detector_every_point(tmp_path):
    truth = COCO(str(dataset(tmp_path)))
    perfect = truth.loadRes(
        [{**row, "score": 0.9} for row in truth.dataset["annotations"] if not row["iscrowd"]]
    )
    evaluation = COCOeval(truth, perfect, "segm")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1, abs=1e-12)


MORE_BAD = {
    "an exact of text": (changed("images", 0, "exact", to="yes"), "image 1: exact must be true or false"),
    "a scale of nothing": (changed("images", 0, "scale", to=0), "image 1: a scale of 0 cannot be meant"),
    "a scale of text": (changed("images", 0, "scale", to="1"), "image 1: scale must be a number, got '1'"),
    "pages of another kind": (changed("images", 0, "pages", to={}), "image 1: pages must be a list"),
    "a page of another kind": (changed("images", 0, "pages", to=[1]), "image 1: a page must be a mapping"),
    "a page without digest": (
        changed("images", 0, "pages", to=[{"y0": 0, "y1": 1}]),
        "image 1, pages: sha256 is missing",
    ),
    "an origin of text": (changed("images", 0, "origin", to="a.json"), "image 1: origin must be a mapping"),
    "an origin without id": (
        changed("annotations", 0, "origin", to={"file": "a.json"}),
        "annotation 1 of image 1, origin: id is missing",
    ),
    "a history of another kind": ({**DOCUMENT, "history": {}}, "history must be a list"),
    "a bad shape in the history": (
        {
            **DOCUMENT,
            "history": [
                {
                    **DOCUMENT["images"][0],
                    "replaced_by": "b.json",
                    "annotations": [{"id": 9, "category_id": 1, "segmentation": []}],
                }
            ],
        },
        "history, annotation 9 of image 1: its segmentation must be polygons",
    ),
    "too many points": (
        changed(*POLYGON, to=[[1.0, 2.0] * 100_001]),
        "annotation 1 of image 1: a polygon of 100001 points, and 100000 are the most",
    ),
}


@pytest.mark.parametrize(("document", "sentence"), MORE_BAD.values(), ids=MORE_BAD.keys())
def test_what_is_wrong_about_places_origins_and_history_is_named(tmp_path, document, sentence):
    with pytest.raises(LabelError, match=sentence) as error:
        read_labels(written(tmp_path, document), CLASSES, HEIGHTS)
    assert str(error.value).startswith(f"{tmp_path}/school.json")
