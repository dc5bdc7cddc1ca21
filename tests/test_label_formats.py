"""Label formats: what goes out comes back as it was, and what cannot be meant is refused by file and id."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toonseg.errors import LabelError, ToonsegError
from toonseg.formats.brush import pack_brush, unpack_brush
from toonseg.formats.lists import episodes_from_list, read_list
from toonseg.formats.registry import FORMATS, format_of
from toonseg.formats.shares import share_of
from toonseg.geometry import decode_rle, encode_rle, rasterise
from toonseg.images import encode
from toonseg.labels.names import ALIASES, ClassNames
from toonseg.labels.regions import Instance, LabelledRegion
from toonseg.outlines import join_polygons, trace_mask

CLASSES = ("hair", "dress-shirt", "T-shirt", "tie")
NAMES = ClassNames(CLASSES, ALIASES)
WIDTH, HEIGHT = 60, 50
FILES = {
    "coco": "instances.json",
    "coco-rle": "instances.json",
    "cvat": "annotations.xml",
    "labelme": "labelme",
    "labelstudio": "tasks.json",
    "png": "instances.csv",
    "yolo": "data.yaml",
}
EXACT = {"coco", "coco-rle", "cvat", "labelme"}  # shapes as they were drawn; png too, but for overlaps

PARTS = ((5.25, 4.5, 20.125, 4.5, 20.125, 18, 5.25, 18), (30.3, 4.7, 41, 4.7, 41, 12.1))
BOW_TIE = ((22.0, 30.0, 36.0, 44.0, 36.0, 30.0, 22.0, 44.0),)  # crosses itself
OVER_THE_EDGE = ((50.5, 20.5, 61.76, 20.5, 61.76, 30.25, 50.5, 30.25),)


def ring():
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[25:45, 2:18] = True
    mask[30:38, 6:12] = False
    return encode_rle(mask)


def drawn(*instances, source="a.png"):
    return LabelledRegion(0, "", "", 0, 0, WIDTH, HEIGHT, source, instances, exact=False)


REGIONS = [
    drawn(
        Instance(1, "hair", PARTS),
        Instance(2, "tie", ring()),
        Instance(3, "dress-shirt", BOW_TIE),
        Instance(4, "tie", OVER_THE_EDGE),
    ),
    drawn(),
    drawn(Instance(5, "T-shirt", ring()), Instance(6, "T-shirt", BOW_TIE, ignored=True)),
]
KEYED = [("first", REGIONS[0]), ("second", REGIONS[1]), ("third", REGIONS[2])]


def masks(region):
    return [rasterise(label.segmentation, region.height, region.width) for label in region.instances]


@pytest.mark.parametrize("name", FORMATS)
def test_instances_come_back_whole_in_order_and_with_their_classes(tmp_path, name):
    FORMATS[name].write(tmp_path, KEYED, CLASSES)
    back = FORMATS[name].read(tmp_path / FILES[name], NAMES)
    assert [Path(region.source).stem for region in back] == ["first", "second", "third"]
    assert format_of(tmp_path / FILES[name]) in (name, name.removesuffix("-rle"))
    for before, after in zip(REGIONS, back, strict=True):
        assert (after.width, after.height, after.placed) == (WIDTH, HEIGHT, False)
        wanted = [label for label in before.instances if name != "yolo" or not label.ignored]
        assert [(label.name, label.ignored) for label in after.instances] == [
            (label.name, label.ignored) for label in wanted
        ]
        for one, other in zip(
            [rasterise(label.segmentation, HEIGHT, WIDTH) for label in wanted], masks(after), strict=True
        ):
            if name in EXACT or name == "png":
                assert one.tolist() == other.tolist()
            else:
                assert (one & other).sum() >= 0.97 * (one | other).sum()


@pytest.mark.parametrize("name", ["coco", "cvat", "labelme"])
def test_polygons_come_back_number_by_number(tmp_path, name):
    FORMATS[name].write(tmp_path, KEYED, CLASSES)
    back = FORMATS[name].read(tmp_path / FILES[name], NAMES)
    assert [label.segmentation for label in back[0].instances] == [
        label.segmentation for label in REGIONS[0].instances
    ]


def test_in_png_masks_the_smaller_of_two_overlapping_is_on_top(tmp_path):
    large, small = ((0, 0, 30, 0, 30, 30, 0, 30),), ((10, 10, 40, 10, 40, 20, 10, 20),)
    region = drawn(Instance(1, "tie", small), Instance(2, "hair", large))
    FORMATS["png"].write(tmp_path, [("a", region)], CLASSES)
    tie, hair = masks(FORMATS["png"].read(tmp_path, NAMES)[0])
    assert tie.sum() == 300
    assert hair.sum() == 900 - 200


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_labels_give_the_same_bytes(tmp_path, name):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        FORMATS[name].write(tmp_path / folder, KEYED, CLASSES)
    one, other = (
        {p.relative_to(tmp_path / f): p.read_bytes() for p in (tmp_path / f).rglob("*") if p.is_file()}
        for f in ("one", "other")
    )
    assert one == other


grids = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(grids)
def test_a_brush_mask_is_unpacked_as_it_was_packed(mask):
    assert unpack_brush(pack_brush(mask), *mask.shape).tolist() == mask.tolist()


def test_a_brush_mask_of_long_runs_and_one_from_blocks_of_bytes_are_read():
    large = np.zeros((300, 400), dtype=bool)
    large[250:] = True
    assert (unpack_brush(pack_brush(large), 300, 400) == large).all()
    # Two pixels as one block of eight bytes, not as runs: 0 0 0 255, 9 9 9 0.
    header = f"{8:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    bits = header + "0" + "00" + f"{7:03b}" + "".join(f"{byte:08b}" for byte in [0, 0, 0, 255, 9, 9, 9, 0])
    bits += "0" * (-len(bits) % 8)
    code = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    assert unpack_brush(code, 1, 2).tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (pack_brush(np.ones((2, 2), dtype=bool))[:-1], "cut off"),
        (pack_brush(np.ones((2, 3), dtype=bool)), "is of 6 pixels, not 2 x 2"),
        ([1, 2, "3"], "must be a list of bytes"),
        ([], "cut off"),
    ],
)
def test_a_damaged_brush_mask_is_refused(code, sentence):
    with pytest.raises(ValueError, match=sentence):
        unpack_brush(code, 2, 2)


@given(grids)
def test_a_traced_mask_is_drawn_again_but_for_the_cuts_of_holes(mask):
    again = rasterise(trace_mask(mask), *mask.shape)
    assert (again & mask).sum() >= 0.8 * (again | mask).sum()


def test_parts_joined_to_one_polygon_cover_what_they_covered():
    joined = rasterise([join_polygons(PARTS)], HEIGHT, WIDTH)
    apart = rasterise(PARTS, HEIGHT, WIDTH)
    assert (joined & apart).sum() >= 0.98 * (joined | apart).sum()


@given(st.floats(0, 1000), st.integers(1, 2000))
def test_a_share_gives_its_number_back_to_the_last_bits(number, side):
    assert share_of(number, side) * side == pytest.approx(number, rel=1e-15, abs=1e-300)


def test_labelme_rectangles_groups_and_masks_of_either_counting_are_read(tmp_path):
    cropped = base64.b64encode(encode(np.full((3, 4), 255, np.uint8), "png", 100)).decode()
    shapes = [
        {"label": "shirt", "shape_type": "rectangle", "points": [[1, 2], [5, 6]], "group_id": None},
        {"label": "hair", "points": [[0, 0], [4, 0], [4, 4]], "group_id": 7},
        {"label": "tie", "points": [[9, 9], [14, 9], [14, 14]], "group_id": 7},
        {
            "label": "hair",
            "shape_type": "mask",
            "points": [[10, 20], [13, 22]],
            "mask": cropped,
            "group_id": 7,
        },
        {"label": "hair", "shape_type": "mask", "points": [[10.0, 20.0], [14.0, 23.0]], "mask": cropped},
    ]
    document = {"imageWidth": 60, "imageHeight": 50, "imagePath": "..\\rough\\000123.jpg", "shapes": shapes}
    path = tmp_path / "000123.json"
    path.write_text(json.dumps(document))
    (region,) = FORMATS["labelme"].read(path, NAMES)
    assert [label.name for label in region.instances] == ["dress-shirt", "hair", "tie", "hair"]
    together = decode_rle(region.instances[1].segmentation)
    assert together[20:23, 10:14].all()
    assert together[1, 3]
    assert masks(region)[3].sum() == 12


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>school</name></task></meta>
<image id="7" name="train/32848.jpg" width="60" height="50">
 <polygon label="hair" points="1.00,2.00;9.50,2.00;9.50,8.25" occluded="0" group_id="2"/>
 <polygon label="hair" points="20,20;30,20;30,30" group_id="2"/>
 <polygon label="tie" points="20,20;30,20;30,30" group_id="2"/>
 <box label="shirt" xtl="1" ytl="2" xbr="5" ybr="6"/>
 <mask label="tie" rle="2, 3, 1" left="3" top="4" width="3" height="2"/>
 <tag label="night"/>
</image></annotations>
"""


def test_cvat_groups_boxes_and_masks_are_read(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(CVAT)
    (region,) = FORMATS["cvat"].read(path, NAMES)
    assert [label.name for label in region.instances] == ["hair", "tie", "dress-shirt", "tie"]
    assert len(region.instances[0].segmentation) == 2
    assert np.argwhere(masks(region)[3]).tolist() == [[4, 5], [5, 3], [5, 4]]
    assert (region.source, region.origin.id) == ("train/32848.jpg", "7")


def task(result, **more):
    return {
        "id": 5,
        "data": {"image": "/data/upload/3/0a1b2c3d-000123.png"},
        "annotations": [{"result": result}],
        "predictions": [{"result": [{"type": "polygonlabels", "value": {"points": []}}]}],
        **more,
    }


def result(kind="polygonlabels", **more):
    value = {"points": [[10, 10], [50, 10], [50, 50]], kind: ["hair"]}
    return {"id": "r1", "type": kind, "original_width": 60, "original_height": 50, "value": value, **more}


def test_label_studio_uploads_rectangles_and_parts_are_read(tmp_path):
    rectangle = {"x": 10, "y": 20, "width": 50, "height": 40, "rectanglelabels": ["shirt"]}
    rows = [
        result(),
        result(id="r2", parentID="r1"),
        {**result("rectanglelabels", id="r3"), "value": rectangle},
        {"type": "relation", "from_id": "r1", "to_id": "r3"},
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task(rows)]))
    (region,) = FORMATS["labelstudio"].read(path, NAMES)
    assert region.source == "000123.png"
    assert [(label.name, len(label.segmentation)) for label in region.instances] == [
        ("hair", 2),
        ("dress-shirt", 1),
    ]
    assert region.instances[1].segmentation == ((6, 10, 36, 10, 36, 30, 6, 30),)


def test_yolo_takes_sizes_from_the_pictures(tmp_path):
    for folder in ("images/train", "labels/train"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data.yaml").write_text("names: [shirt, hair]\n")
    (tmp_path / "labels/train/000123.txt").write_text("1 0.1 0.1 0.5 0.1 0.5 0.5\n\n")
    (tmp_path / "images/train/000123.jpg").write_bytes(encode(np.zeros((50, 60, 3), np.uint8), "jpg", 90))
    (region,) = FORMATS["yolo"].read(tmp_path, NAMES)
    assert (region.width, region.height, region.source) == (60, 50, "train/000123.jpg")
    assert [label.name for label in region.instances] == ["hair"]


def test_coco_ids_may_begin_at_zero_and_keys_be_null_or_unknown(tmp_path):
    document = {
        "info": {"contributor": None},
        "licenses": [{"id": 0, "url": None}],
        "images": [
            {
                "id": 0,
                "file_name": "train_images/1584.jpg",
                "width": 60,
                "height": 50,
                "date_captured": None,
            }
        ],
        "categories": [{"id": 0, "name": "shirt", "supercategory": None}],
        "annotations": [
            {
                "id": 0,
                "image_id": 0,
                "category_id": 0,
                "segmentation": [list(PARTS[0])],
                "mood": "good",
                "iscrowd": 0,
            }
        ],
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    (region,) = FORMATS["coco"].read(path, NAMES)
    assert region.instances[0].name == "dress-shirt"
    assert region.instances[0].segmentation == (PARTS[0],)


def coco(**annotation):
    row = {"id": 3, "image_id": 1, "category_id": 1, "segmentation": [list(PARTS[0])], **annotation}
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 60, "height": 50}],
        "categories": [{"id": 1, "name": "hair"}],
        "annotations": [row],
    }


def labelme(**shape):
    row = {"label": "hair", "points": [[1, 1], [5, 1], [5, 5]], **shape}
    return {"imageWidth": 60, "imageHeight": 50, "imagePath": "a.png", "shapes": [row]}


def cvat(old, new):
    return CVAT.replace(old, new)


SQUARE = base64.b64encode(encode(np.full((3, 4), 255, np.uint8), "png", 100)).decode()
BAD = {
    "coco of two points": ("coco", coco(segmentation=[[1, 1, 5, 5]]), "annotation 3 .* 4 numbers"),
    "coco with NaN": ("coco", coco(segmentation=[[1, 1, 5, 5, float("nan"), 1]]), "annotation 3 .* finite"),
    "coco with no shape": ("coco", coco(segmentation=None), "annotation 3 .* got None"),
    "coco of another picture": ("coco", coco(image_id=9), "annotation 3: its image 9 is not in the file"),
    "coco of another class": ("coco", coco(category_id=9), "annotation 3: its category 9 is not"),
    "coco with a crowd in words": (
        "coco",
        coco(iscrowd="1"),
        "annotation 3 of image 1: iscrowd must be 0 or 1, got '1'",
    ),
    "coco with a crowd of two": ("coco", coco(iscrowd=2), "annotation 3 .* iscrowd must be 0 or 1, got 2"),
    "a project of VIA": ("coco", {"_via_img_metadata": {}}, "is in VIA's own format, which is not read: exp"),
    "regions of VIA": (
        "coco",
        {"a.jpg73": {"filename": "a.jpg", "size": 73, "regions": []}},
        "is in VIA's own format",
    ),
    "coco that is a list": ("coco", [], "must be a COCO file"),
    "coco of endless points": (
        "coco",
        coco(segmentation=[[1.0, 2.0] * 100_001]),
        "annotation 3 of image 1: a polygon of 100001 points, and 100000 are the most: simplify it",
    ),
    "coco with an unknown class": (
        "coco",
        coco() | {"categories": [{"id": 1, "name": "beard"}]},
        "category 1: unknown class 'beard'",
    ),
    "labelme without shapes": ("labelme", {}, "must be a labelme file"),
    "labelme with a line": ("labelme", labelme(shape_type="line"), "shape 0: a 'line' .* cannot be kept"),
    "labelme with a flat list": ("labelme", labelme(points=[1, 2, 3]), "shape 0: its points must be a list"),
    "labelme with a text for a shape": ("labelme", labelme() | {"shapes": ["x"]}, "shape 0: must be a mapp"),
    "labelme with an odd corner": (
        "labelme",
        labelme(shape_type="rectangle", points=[[1, 2], [3, "4"]]),
        "shape 0: its points must be two pairs",
    ),
    "labelme with an endless corner": (
        "labelme",
        labelme(shape_type="rectangle", points=[[1, 2], [3, float("inf")]]),
        "shape 0: a point has a coordinate that is not finite",
    ),
    "labelme with a mask that is no picture": (
        "labelme",
        labelme(shape_type="mask", points=[[1, 2], [3, 4]], mask="abcd"),
        "shape 0: its mask cannot be read",
    ),
    "labelme with a mask of another size": (
        "labelme",
        labelme(shape_type="mask", points=[[1, 2], [30, 40]], mask=SQUARE),
        "shape 0: its mask is 4 x 3 px, but its points are",
    ),
    "cvat cut off": ("cvat", CVAT[:200], "not valid XML"),
    "another xml": ("cvat", "<html/>", "must be a file of 'CVAT for images 1.1', got <html>"),
    "cvat of a video": ("cvat", "<annotations><track/></annotations>", "holds the tracks of a video"),
    "cvat without a name": ("cvat", cvat('name="train/32848.jpg"', ""), "image 7: its name is missing"),
    "cvat without a size": (
        "cvat",
        cvat('width="60"', ""),
        "image 7: width must be a whole",
    ),
    "cvat with a word": ("cvat", cvat("9.50,8.25", "9.50,x"), "image 7, polygon 0: 'x' is no number"),
    "cvat with a line": ("cvat", cvat("<tag", "<polyline"), "polyline 5: this polyline cannot be kept"),
    "cvat with short runs": ("cvat", cvat("2, 3, 1", "2, 3"), "mask 4: its mask of 3 x 2 px"),
    "cvat with a mask outside": ("cvat", cvat('left="3"', 'left="58"'), "mask 4: its mask of 3 x 2 px"),
    "cvat with an unknown class": ("cvat", cvat('label="hair"', 'label="hat"'), "polygon 0: unknown class"),
    "a task that is a mapping": ("labelstudio", {}, "must be an export of Label Studio"),
    "a task without a picture": ("labelstudio", [task([], data={})], "task 5: its data names no picture"),
    "a task without a size": ("labelstudio", [task([])], "task 5: nothing tells the size"),
    "a task of two people": (
        "labelstudio",
        [task([], annotations=[{"result": []}, {"result": []}])],
        "task 5: 2 people annotated it",
    ),
    "a task with a point": (
        "labelstudio",
        [task([result("keypointlabels")])],
        "task 5, result r1: a result of type 'keypointlabels' is no area",
    ),
    "a task with two labels": (
        "labelstudio",
        [task([result(value={"points": [], "polygonlabels": ["hair", "tie"]})])],
        "result r1: must have one label",
    ),
    "a task with a turned box": (
        "labelstudio",
        [task([result("rectanglelabels", value={"rotation": 9, "rectanglelabels": ["hair"]})])],
        "result r1: a turned rectangle",
    ),
    "a task with another mask": (
        "labelstudio",
        [task([result("brushlabels", value={"format": "png", "brushlabels": ["hair"]})])],
        "result r1: a brush mask of format 'png'",
    ),
    "a task with a damaged mask": (
        "labelstudio",
        [task([result("brushlabels", value={"format": "rle", "rle": [1], "brushlabels": ["hair"]})])],
        "result r1: its mask cannot be read",
    ),
}


@pytest.mark.parametrize(("name", "content", "sentence"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_meant_is_refused_with_its_file_and_place(tmp_path, name, content, sentence):
    path = tmp_path / "theirs.xyz"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(LabelError, match=sentence) as error:
        FORMATS[name].read(path, NAMES)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"data.yaml": "names: 7\n"}, "names must list the classes, got 7"),
        ({"data.yaml": "names: [a"}, "cannot be read"),
        ({"labels/first.txt": "9 0 0 1 0 1 1\n"}, "first.txt, line 1: its class '9' is not in data.yaml"),
        ({"labels/first.txt": "\n0 0 0 1 x 1 1\n"}, "first.txt, line 2: could not convert"),
        ({"labels/first.txt": "0 0 0 1 1\n"}, "first.txt, line 1: a polygon of 4 numbers"),
        ({"sizes.json": "{}"}, "first.txt: its picture .*first.png .* is missing"),
    ],
)
def test_a_yolo_dataset_that_does_not_fit_is_refused(tmp_path, change, sentence):
    FORMATS["yolo"].write(tmp_path, KEYED, CLASSES)
    for name, text in change.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(LabelError, match=sentence):
        FORMATS["yolo"].read(tmp_path, NAMES)


def test_png_masks_that_do_not_fit_their_table_are_refused(tmp_path):
    FORMATS["png"].write(tmp_path, KEYED, CLASSES)
    table = (tmp_path / "instances.csv").read_text()
    (tmp_path / "instances.csv").write_text(table.replace("first,2,tie,0\n", ""))
    with pytest.raises(LabelError, match=r"first.png: has pixels of value 2, which instances.csv does not"):
        FORMATS["png"].read(tmp_path, NAMES)
    (tmp_path / "instances.csv").write_text(table + "fourth,1,tie,0\n")
    with pytest.raises(LabelError, match=r"instances/fourth.png is missing"):
        FORMATS["png"].read(tmp_path, NAMES)
    (tmp_path / "instances.csv").write_text(table)
    (tmp_path / "instances/first.png").write_bytes(b"no picture")
    with pytest.raises(LabelError, match=r"first.png: cannot be read"):
        FORMATS["png"].read(tmp_path, NAMES)
    picture = encode(np.zeros((5, 5, 3), np.uint8), "png", 100)
    (tmp_path / "instances/first.png").write_bytes(picture)
    with pytest.raises(LabelError, match=r"first.png: is a picture of colours"):
        FORMATS["png"].read(tmp_path, NAMES)


def test_a_file_of_no_known_format_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hair")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "a.txt", tmp_path / "empty"):
        with pytest.raises(LabelError, match="of none of the formats coco"):
            format_of(path)
    with pytest.raises(LabelError, match=r"nowhere.json does not exist"):
        format_of(tmp_path / "nowhere.json")
    (tmp_path / "half.json").write_text('{"images": [')
    with pytest.raises(ToonsegError, match=r"half.json, line 1, column \d+: not valid JSON"):
        format_of(tmp_path / "half.json")


@pytest.mark.parametrize("name", ["coco", "coco-rle", "cvat", "labelstudio"])
def test_a_folder_is_refused_where_the_format_is_one_file(tmp_path, name):
    with pytest.raises(LabelError, match=r"is a folder, but this format is one file: name the file in it"):
        FORMATS[name].read(tmp_path, NAMES)


@pytest.mark.parametrize(("name", "head"), [("png", "instances.csv"), ("yolo", "data.yaml")])
def test_a_folder_that_lacks_the_head_of_its_format_is_told_so(tmp_path, name, head):
    FORMATS[name].write(tmp_path, KEYED, CLASSES)
    (tmp_path / head).unlink()
    for path in (tmp_path, tmp_path / head):
        with pytest.raises(LabelError, match=f"{tmp_path}: the export's {head} is missing there: add it, or"):
            FORMATS[name].read(path, NAMES)


@pytest.mark.parametrize("name", FORMATS)
def test_an_archive_is_to_be_unpacked(tmp_path, name):
    (tmp_path / "job.ZIP").write_bytes(b"PK")
    with pytest.raises(LabelError, match=r"job.ZIP: is an archive: unpack it, and name the file or folder"):
        FORMATS[name].read(tmp_path / "job.ZIP", NAMES)
    with pytest.raises(LabelError, match=r"job.ZIP: is an archive: unpack it"):
        format_of(tmp_path / "job.ZIP")


def test_a_folder_is_labelme_by_the_shapes_in_its_files_and_not_by_their_ending(tmp_path):
    (tmp_path / "classes.json").write_text("{}")
    with pytest.raises(LabelError, match="of none of the formats coco"):
        format_of(tmp_path)
    (tmp_path / "train").mkdir()
    (tmp_path / "train/_annotations.coco.json").write_text(json.dumps(coco()))
    with pytest.raises(
        LabelError, match=r"holds a COCO file: name that file, .*train/_annotations.coco.json"
    ):
        format_of(tmp_path)
    (tmp_path / "valid").mkdir()
    (tmp_path / "valid/a.json").write_text(json.dumps(labelme()))
    assert format_of(tmp_path) == "labelme"


def test_a_list_tells_episodes_in_the_order_of_its_file(tmp_path):
    path = tmp_path / "train.txt"
    path.write_bytes(b"today: 3/4\r\n\r\n\r\n../x/y/201/1584.json\r\n..\\x\\y\\pants dataset\\42304.json\r\n")
    assert read_list(path) == [("201", "1584"), ("pants dataset", "42304")]
    regions = [drawn(source="train_images/1584.jpg"), drawn(source="train_images/42304.jpg")]
    assert [region.episode for region in episodes_from_list(path, regions)] == ["201", ""]
    with pytest.raises(LabelError, match="lists 2 pictures, but its label file holds 1: give each file its"):
        episodes_from_list(path, regions[:1])
    with pytest.raises(LabelError, match=r"entry 1: names 1584, but the label file's image is train_images"):
        episodes_from_list(path, regions[::-1])


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"nothing\n", "lists no picture"), (b"\xff\xfe\xff", "is not UTF-8")]
)
def test_what_is_no_list_is_refused(tmp_path, content, sentence):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(LabelError, match=sentence):
        read_list(tmp_path / "a.txt")
    with pytest.raises(LabelError, match="does not exist"):
        read_list(tmp_path / "b.txt")
