"""What labelling tools really write comes in as it was meant, or one sentence says why not."""

import json

import numpy as np
import pytest
from drawn_labels import CLASSES
from PIL import Image

from toonseg.errors import LabelError, ToonsegError
from toonseg.formats.brush import pack_brush
from toonseg.formats.registry import FORMATS
from toonseg.geometry import rasterise
from toonseg.images import encode
from toonseg.labelling.importing import import_labels
from toonseg.labelling.project import Project
from toonseg.labels.names import ALIASES, ClassNames

NAMES = ClassNames(CLASSES, ALIASES)
TRIANGLE = [10.0, 10.0, 40.0, 10.0, 40.0, 30.0]
PAIRS = [[10.0, 10.0], [40.0, 10.0], [40.0, 30.0]]
IMAGE = {"id": 1, "file_name": "a.jpg", "width": 60, "height": 50, "license": None}
PICTURE = encode(np.zeros((50, 60, 3), np.uint8), "jpg", 90)


def read(tmp_path, name, content, file="a.json"):
    path = tmp_path / file
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return FORMATS[name].read(path, NAMES)


def areas(region):
    return [
        int(rasterise(label.segmentation, region.height, region.width).sum()) for label in region.instances
    ]


def coco(images=None, categories=None, **annotation):
    row = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [TRIANGLE], **annotation}
    return {
        "info": {"year": None, "rights": "ours"},
        "images": images or [IMAGE],
        "categories": categories or [{"id": 1, "name": "hair", "supercategory": "person", "color": "#f00"}],
        "annotations": [row],
    }


def test_coco_ids_that_a_table_program_wrote_with_a_point_are_whole_numbers(tmp_path):
    image = {"id": 1.0, "file_name": "a.jpg", "width": 60.0, "height": 50.0}
    (region,) = read(tmp_path, "coco", coco([image], id=7.0, image_id=1.0, category_id=1.0))
    assert (region.width, region.height, region.instances[0].origin.id) == (60, 50, "7")
    with pytest.raises(LabelError, match=r"annotations\[0\]: id must be a whole number, got 7.5"):
        read(tmp_path, "coco", coco(id=7.5))
    with pytest.raises(LabelError, match=r"annotations\[0\]: id must be a whole number, got 'a7'"):
        read(tmp_path, "coco", coco(id="a7"))


def test_coco_ids_that_are_text_of_digits_are_those_numbers(tmp_path):
    texts = coco([{**IMAGE, "id": "1"}], [{"id": "1", "name": "hair"}], id="7", image_id="1", category_id=1)
    (region,) = read(tmp_path, "coco", texts)
    assert [(label.name, label.origin.id) for label in region.instances] == [("hair", "7")]
    with pytest.raises(LabelError, match="annotation 1: its image 2 is not in the file"):
        read(tmp_path, "coco", coco(image_id="2"))
    with pytest.raises(LabelError, match=r"annotation 1: image_id must be a whole number, got '1.5'"):
        read(tmp_path, "coco", coco(image_id="1.5"))


def test_a_flat_list_of_numbers_in_coco_is_one_polygon(tmp_path):
    (region,) = read(tmp_path, "coco", coco(segmentation=TRIANGLE))
    assert region.instances[0].segmentation == (tuple(TRIANGLE),)


@pytest.mark.parametrize(("crowd", "ignored"), [(True, True), (False, False), (1.0, True), (None, False)])
def test_a_coco_crowd_may_be_told_by_truth_or_null(tmp_path, crowd, ignored):
    (region,) = read(tmp_path, "coco", coco(iscrowd=crowd))
    assert region.instances[0].ignored is ignored


def test_a_coco_category_that_nothing_uses_may_be_of_any_name(tmp_path):
    kinds = [{"id": 0, "name": "clothes-parts", "supercategory": "none"}, {"id": 1, "name": "Dress Shirt"}]
    (region,) = read(tmp_path, "coco", coco(categories=kinds))
    assert region.instances[0].name == "dress-shirt"
    with pytest.raises(LabelError, match="category 0: unknown class 'clothes-parts'"):
        read(tmp_path, "coco", coco(categories=kinds, category_id=0))


def test_a_coco_crowd_with_plain_runs_is_an_ignored_mask(tmp_path):
    runs = {"size": [50, 60], "counts": [100, 20, 2880]}
    (region,) = read(tmp_path, "coco", coco(segmentation=runs, iscrowd=1))
    assert region.instances[0].ignored
    assert areas(region) == [20]


def test_a_coco_box_without_a_shape_is_refused(tmp_path):
    with pytest.raises(LabelError, match="annotation 1 of image 1: is only a box, which is no mask: draw an"):
        read(tmp_path, "coco", coco(segmentation=[], bbox=[1, 2, 3, 4]))


def test_pictures_of_one_name_in_several_folders_stay_apart(tmp_path):
    (tmp_path / "params.yaml").write_text(f"classes: [{', '.join(CLASSES)}]\n")
    images = [
        {"id": id_, "file_name": f"episode {id_}/001.jpg", "width": 60, "height": 50} for id_ in (1, 2, 3)
    ]
    (tmp_path / "a.json").write_text(json.dumps(coco(images)))
    project = Project(tmp_path)
    assert "3 added" in import_labels(project, [tmp_path / "a.json"], "school")
    assert "3 as they were" in import_labels(project, [tmp_path / "a.json"], "school")
    assert [region.source[:9] for region in project.read("school").regions] == [
        "episode 1",
        "episode 2",
        "episode 3",
    ]


def labelme(*shapes, **keys):
    return {"imagePath": "..\\pages\\a.jpg", "imageWidth": 60, "imageHeight": 50, "shapes": shapes, **keys}


def test_labelme_files_of_every_age_are_read(tmp_path):
    old = {"label": "hair", "line_color": None, "fill_color": None, "points": PAIRS}
    nothing = dict.fromkeys(("group_id", "shape_type", "mask"))
    new = {"label": "hair", "points": PAIRS, "description": "", "flags": {}, **nothing}
    (region,) = read(tmp_path, "labelme", labelme(old, new, version="3.16.7", lineColor=[0, 255, 0, 128]))
    assert [label.segmentation for label in region.instances] == [(tuple(TRIANGLE),)] * 2


def test_a_labelme_group_joins_one_class_and_no_other(tmp_path):
    shapes = [{"label": name, "points": PAIRS, "group_id": 0} for name in ("hair", "tie", "hair")]
    (region,) = read(tmp_path, "labelme", labelme(*shapes))
    assert [(label.name, len(label.segmentation)) for label in region.instances] == [("hair", 2), ("tie", 1)]


def test_labelme_files_of_one_name_in_several_folders_are_all_read_and_stay_apart(tmp_path):
    (tmp_path / "params.yaml").write_text(f"classes: [{', '.join(CLASSES)}]\n")
    for folder in ("ep10", "ep9", ".trash", "."):
        (tmp_path / "theirs" / folder).mkdir(parents=True, exist_ok=True)
        document = labelme({"label": "hair", "points": PAIRS}, imagePath="001.jpg")
        (tmp_path / "theirs" / folder / "001.json").write_text(json.dumps(document))
    regions = FORMATS["labelme"].read(tmp_path / "theirs", NAMES)
    assert [region.source for region in regions] == ["001.jpg", "ep9/001.jpg", "ep10/001.jpg"]
    assert [region.origin.id for region in regions] == ["0", "ep9/0", "ep10/0"]
    project = Project(tmp_path)
    assert "3 added" in import_labels(project, [tmp_path / "theirs"], "school", episode="1")
    assert "3 as they were" in import_labels(project, [tmp_path / "theirs"], "school", episode="1")


def test_an_upright_labelme_rectangle_may_be_told_by_its_four_corners(tmp_path):
    corners = [[10.0, 10.0], [40.0, 10.0], [40.0, 30.0], [10.0, 30.0]]
    shapes = [{"label": "hair", "points": p, "shape_type": "rectangle"} for p in (corners, corners[::-1])]
    (region,) = read(tmp_path, "labelme", labelme(*shapes))
    assert areas(region) == [30 * 20] * 2
    turned = [[25.0, 5.0], [45.0, 20.0], [25.0, 35.0], [5.0, 20.0]]
    with pytest.raises(LabelError, match=r"shape 0: a 'rectangle' .* cannot be kept as it was drawn"):
        read(tmp_path, "labelme", labelme({"label": "hair", "points": turned, "shape_type": "rectangle"}))


@pytest.mark.parametrize("kind", ["circle", "line", "linestrip", "point", "points", "oriented_rectangle"])
def test_what_labelme_draws_beside_polygons_rectangles_and_masks_is_refused(tmp_path, kind):
    shape = {"label": "hair", "points": PAIRS[:2], "shape_type": kind}
    with pytest.raises(LabelError, match=f"shape 0: a '{kind}' .* draw it as a polygon or a mask"):
        read(tmp_path, "labelme", labelme(shape))


def cvat(drawn):
    return (
        "<?xml version='1.0' encoding='utf-8'?><annotations><version>1.1</version><meta><task><id>1</id>"
        "</task></meta><image id='0' name='ep 1/a.jpg' subset='Train' task_id='4' width='60' height='50'>"
        f"{drawn}</image></annotations>"
    )


def test_a_cvat_mask_that_begins_with_what_is_drawn_and_one_of_odd_runs_are_read(tmp_path):
    masks = "".join(
        f"<mask label='hair' source='semi-auto' occluded='0' rle='{runs}' left='2' top='3' "
        "width='4' height='2' z_order='0'/>"
        for runs in ("0, 3, 5", "1, 3, 4", "8")
    )
    (region,) = read(tmp_path, "cvat", cvat(masks), "a.xml")
    assert areas(region) == [3, 3, 0]


@pytest.mark.parametrize(
    ("drawn", "sentence"),
    [
        ("<ellipse label='hair' cx='9' cy='9' rx='3' ry='4'/>", "ellipse 0: this ellipse cannot be kept"),
        (
            "<skeleton label='hair'><points label='1' points='1,2'/></skeleton>",
            "this skeleton cannot",
        ),
        ("<box label='hair' xtl='1' ytl='2' xbr='9' ybr='8' rotation='30.5'/>", "this turned box cannot"),
        (
            "<mask label='hair' rle='1, 1e999' left='0' top='0' width='1' height='2'/>",
            "its mask cannot be read",
        ),
        ("<mask label='hair' rle='' left='0' top='0' width='1' height='2'/>", "its mask cannot be read"),
        ("<polygon label='hair' points='nan,1;2,3;4,5'/>", "coordinate that is not finite"),
        ("<polygon label='hair' points=''/>", "is no number"),
    ],
)
def test_what_cannot_be_kept_of_cvat_is_refused(tmp_path, drawn, sentence):
    with pytest.raises(LabelError, match=f"image 0, .*{sentence}"):
        read(tmp_path, "cvat", cvat(drawn), "a.xml")


def test_an_upright_cvat_box_may_say_so(tmp_path):
    box = "<box label='hair' xtl='1' ytl='2' xbr='9' ybr='8' rotation='0.0'/>"
    (region,) = read(tmp_path, "cvat", cvat(box), "a.xml")
    assert areas(region) == [48]


def task(*annotations, **keys):
    return {"id": 5, "data": {"image": "/data/upload/1/12345678-a.jpg"}, "annotations": annotations, **keys}


def brush(**keys):
    mask = np.zeros((50, 60), dtype=bool)
    mask[5:9, 7:20] = True
    value = {"format": "rle", "rle": pack_brush(mask), "brushlabels": ["hair"]}
    return {"id": "x", "type": "brushlabels", "original_width": 60, "original_height": 50, "value": value,
            "image_rotation": 0, "origin": "manual", "to_name": "image", **keys}  # fmt: skip


def test_a_task_that_nobody_annotated_is_left_out(tmp_path):
    predicted = task(predictions=[{"model_version": "m", "score": 0.5, "result": [brush()]}])
    skipped = task({"result": [brush()], "was_cancelled": True})
    (region,) = read(tmp_path, "labelstudio", [predicted, skipped, task({"result": [brush()]})])
    assert areas(region) == [4 * 13]
    with pytest.raises(LabelError, match="nobody annotated any of its 1 tasks"):
        read(tmp_path, "labelstudio", [predicted])


def test_a_picture_on_which_a_person_left_no_prediction_is_a_picture_of_nothing(tmp_path):
    (region,) = read(tmp_path, "labelstudio", [task({"result": []}, predictions=[{"result": [brush()]}])])
    assert (region.width, region.height, region.instances) == (60, 50, ())


@pytest.mark.parametrize(
    ("data", "source"),
    [
        ({"episode": "1", "image": "s3://ours/a/b.jpg"}, "/a/b.jpg"),
        ({"series": "school", "page": "https://ours/a/b.JPEG?X-Amz=1"}, "/a/b.JPEG"),
        ({"series": "school", "page": "/data/local-files/?d=a/b.avif"}, "a/b.avif"),
        ({"page": "/a/b", "series": "school"}, "/a/b"),
    ],
)
def test_the_picture_of_a_task_is_told_from_the_other_texts_of_its_data(tmp_path, data, source):
    (region,) = read(tmp_path, "labelstudio", [task({"result": [brush()]}, data=data)])
    assert region.source == source


def test_a_shape_on_a_turned_picture_is_refused(tmp_path):
    with pytest.raises(LabelError, match="result x: was drawn on a picture that Label Studio turned by 90"):
        read(tmp_path, "labelstudio", [task({"result": [brush(image_rotation=90)]})])


def test_the_short_export_of_label_studio_is_refused(tmp_path):
    with pytest.raises(LabelError, match="task 5: data is missing"):
        read(tmp_path, "labelstudio", [{"id": 5, "image": "/data/upload/a.jpg", "label": []}])


def write(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())


LINE = "1 0.5 0.2 0.5 0.6 0.9 0.6\n"


@pytest.mark.parametrize("names", ["names: [parts, hair]", "nc: 2\nnames:\n  0: parts\n  1: Hair"])
@pytest.mark.parametrize(
    ("labels", "picture", "source"),
    [
        ("labels/train/a.txt", "images/train/a.jpg", "train/a.jpg"),
        ("train/labels/1584_jpg.rf.0f.txt", "train/images/1584_jpg.rf.0f.jpg", "train/1584_jpg.rf.0f.jpg"),
        ("labels/ep.1.txt", "images/ep.1.JPG", "ep.1.JPG"),
    ],
)
def test_yolo_datasets_are_read_whatever_their_folders_and_names(tmp_path, names, labels, picture, source):
    write(tmp_path, {"data.yaml": names, labels: LINE, picture: PICTURE, "README.dataset.txt": "a note"})
    (region,) = FORMATS["yolo"].read(tmp_path, NAMES)
    assert (region.source, region.width, [label.name for label in region.instances]) == (source, 60, ["hair"])


def test_yolo_labels_may_begin_with_the_mark_of_utf_8(tmp_path):
    labels = "\ufeff" + LINE
    write(tmp_path, {"data.yaml": "names: [tie, hair]", "labels/a.txt": labels, "images/a.jpg": PICTURE})
    (region,) = FORMATS["yolo"].read(tmp_path, NAMES)
    assert [label.name for label in region.instances] == ["hair"]


def test_a_yolo_box_without_a_shape_is_refused(tmp_path):
    write(
        tmp_path, {"data.yaml": "names: [hair]", "labels/a.txt": "0 0.5 0.5 0.2 0.2", "images/a.jpg": PICTURE}
    )
    with pytest.raises(LabelError, match="line 1: a polygon of 4 numbers"):
        FORMATS["yolo"].read(tmp_path, NAMES)


def test_png_masks_of_any_palette_are_read_by_their_values(tmp_path):
    values = np.zeros((50, 60), np.uint8)
    values[4:9, 5:15], values[20:30, 5:15] = 2, 7
    image = Image.fromarray(values, "P")
    image.putpalette([200, 0, 0, 0, 0, 0, 0, 90, 0] * 20)
    (tmp_path / "instances").mkdir()
    image.save(tmp_path / "instances/a.png")
    (tmp_path / "instances.csv").write_text("picture,value,name,ignored\na,7,hair,0\na,2,tie,1\n")
    (region,) = FORMATS["png"].read(tmp_path, NAMES)
    assert [(label.name, label.ignored) for label in region.instances] == [("tie", True), ("hair", False)]
    assert areas(region) == [50, 100]
    (tmp_path / "instances.csv").write_text("picture,value,name,ignored\na,7,hair,0\na,2,tie,1\na,2,vest,0\n")
    with pytest.raises(LabelError, match="lists the value 2 of a twice: keep one"):
        FORMATS["png"].read(tmp_path, NAMES)


PLACED = {**IMAGE, "episode": "1", "x0": 0, "y0": 0}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            json.dumps(coco([{**PLACED, "y0": -5}])).encode(),
            r"image 1: its anchor \(x0 0, y0 -5\) is negative",
        ),
        (
            json.dumps(coco([{**PLACED, "x0": 10**30}])).encode(),
            "image 1: .* is farther than any strip",
        ),
        (b'{"images": [', "not valid JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[" * 100_000, "not usable JSON"),
        (json.dumps(coco(segmentation=[[1, 1, 5, 5, 1e400, 1]])).encode(), "not finite"),
        (json.dumps(coco(segmentation={"size": [9, 9], "counts": "11"})).encode(), "its mask has the size"),
        (json.dumps(coco(segmentation=[[1.0, 2.0] * 200_000])).encode(), "200000 points"),
        (
            json.dumps(coco([{"id": 1, "file_name": "a", "width": 10**30, "height": 5}])).encode(),
            "is no size",
        ),
    ],
)
def test_a_damaged_file_is_refused_and_the_labels_that_are_there_stay(tmp_path, content, sentence):
    (tmp_path / "params.yaml").write_text(f"classes: [{', '.join(CLASSES)}]\n")
    project = Project(tmp_path)
    (tmp_path / "good.json").write_text(json.dumps(coco()))
    import_labels(project, [tmp_path / "good.json"], "school")
    before = project.label_file("school").read_bytes()
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(ToonsegError, match=f"bad.json.*{sentence}"):
        import_labels(project, [tmp_path / "bad.json"], "school", format_name="coco")
    assert project.label_file("school").read_bytes() == before
    assert [path.name for path in project.labels.iterdir()] == ["school.json"]
