"""Every layout is read back by an independent reader or by its reader's rules: masks equal to the bit."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_export import (
    TIE,
    everything,
    export,
    label,
    panel_of,
    picture_of,
    result,
    two_panels,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pycocotools.coco import COCO
from ruamel.yaml import YAML

from toonseg.errors import ParamsError
from toonseg.export.danbooregion import region_colours
from toonseg.export.hints import HintRow
from toonseg.export.index import IndexRow
from toonseg.export.labelmaps import MapRow
from toonseg.export.layouts import LAYOUTS, WITH_PIXELS
from toonseg.export.leave import said_of_leave, shelves
from toonseg.export.lines import SIGMAS_PX, line_drawing
from toonseg.export.names import Stems
from toonseg.export.yolo import mask_ring
from toonseg.geometry import decode_rle
from toonseg.images import encode
from toonseg.store import read_table

PARTS = "##...## ##...## ....... .###### .#....# .#.##.# .#....# .######"


def several():
    """Panels with overlapping masks of several parts and with holes, on every side of the split."""
    return [
        panel_of(
            1,
            [label(PARTS), label("....... .###... .###... ....... .....## .....## ....... .......", TIE)],
            [],
        ),
        panel_of(2, [label("##.. ##.. ....")], [result("...# ...# ..##", 0.75, TIE)], side="train"),
        panel_of(3, [], [result("####. #####", 0.6), result("..### ..###", 0.9, TIE)], side="test"),
        panel_of(4, [], [result("##", 0.1)], side="test"),
    ]


def read(path):
    return np.asarray(Image.open(path))


def on_top(panel):
    """Number of the most trusted mask at each pixel, counted from 1; 0 where none is."""
    numbers = np.zeros(panel.picture.shape[:2], int)
    for number, instance in enumerate(panel.instances, start=1):
        numbers[(numbers == 0) & decode_rle(instance.rle)] = number
    return numbers


def classes_on_top(panel):
    return np.array([0, *(its.class_id for its in panel.instances)])[on_top(panel)]


def test_pycocotools_reads_each_sides_masks(tmp_path, capsys):
    panels = several()
    export(tmp_path / "out", panels, ["coco"])
    for side in ("train", "test", "unlabelled"):
        coco = COCO(tmp_path / f"out/coco/annotations/instances_{side}.json")
        own = [panel for panel in panels if panel.side == side]
        assert len(coco.imgs) == len(own)
        for panel, image in zip(own, coco.imgs.values(), strict=True):
            found = coco.loadAnns(coco.getAnnIds(image["id"]))
            assert (read(tmp_path / "out/coco/images" / image["file_name"]) == panel.picture).all()
            for annotation, instance in zip(found, panel.instances, strict=True):
                assert (coco.annToMask(annotation) == decode_rle(instance.rle)).all()


def test_instance_maps_number_the_masks_and_the_table_tells_them(tmp_path):
    panels = several()
    export(tmp_path / "out", panels, ["labelmaps"])
    rows = read_table(tmp_path / "out/labelmaps/instances.csv", MapRow)
    for panel in panels:
        numbers = cv2.imread(
            str(tmp_path / "out/labelmaps/instances" / panel.panel.path), cv2.IMREAD_UNCHANGED
        )
        assert numbers.dtype == np.uint16
        assert (numbers == on_top(panel)).all()
        own = [row for row in rows if row.file == panel.panel.path]
        assert [(row.value, row.class_id, row.area) for row in own] == [
            (number, its.class_id, its.area) for number, its in enumerate(panel.instances, 1)
        ]
        assert [row.visible for row in own] == [(numbers == row.value).sum() for row in own]


def test_alacgan_finds_a_line_drawing_of_each_width_for_every_colour_picture(tmp_path):
    panels = several()
    export(tmp_path / "out", panels, ["paired"])
    root = tmp_path / "out/paired"
    names = sorted(path.name for path in (root / "color").iterdir())  # its reader lists this one folder
    rows = read_table(root / "index.csv", IndexRow)

    assert names == sorted(row.name for row in rows)
    for row, panel in zip(rows, panels, strict=True):
        assert (read(root / "color" / row.name) == panel.picture).all()
        for width in range(3):
            lines = Image.open(root / str(width) / row.name)
            assert lines.mode == "L"
            assert (np.asarray(lines) == line_drawing(panel.picture, SIGMAS_PX[width])).all()


def test_triplets_fill_each_class_with_its_colour_on_white(tmp_path):
    panels = several()
    export(tmp_path / "out", panels, ["triplets"])
    root = tmp_path / "out/triplets"
    palette = {entry["id"]: entry["rgb"] for entry in json.loads((root / "palette.json").read_text())}
    colours = np.array([palette[number] for number in range(3)])

    assert palette[0] == [255, 255, 255]
    for row, panel in zip(read_table(root / "index.csv", IndexRow), panels, strict=True):
        assert (read(root / "segment" / row.name) == colours[classes_on_top(panel)]).all()
        assert (read(root / "color" / row.name) == panel.picture).all()
        assert set(np.unique(read(root / "line" / row.name))) <= {0, 255}


def test_danbooregions_regions_have_a_colour_each(tmp_path):
    panels = several()
    export(tmp_path / "out", panels, ["danbooregion"])
    root = tmp_path / "out/danbooregion"
    for number, panel in enumerate(panels):  # its reader counts from 0
        regions = read(root / f"{number}.region.png")
        assert (read(root / f"{number}.image.png") == panel.picture).all()
        for value in np.unique(on_top(panel)):
            here = on_top(panel) == value
            colour = regions[here][0]
            assert ((regions == colour).all(axis=2) == here).all()
            assert colour.any() == (value > 0)


def test_every_number_of_a_region_has_its_own_colour():
    colours = region_colours(np.arange(65536, dtype=np.uint16)[None])
    assert len(np.unique(colours[0], axis=0)) == 65536


def test_matting_keeps_the_colours_on_the_masks_and_nothing_under_the_rest(tmp_path):
    panels = several()
    export(tmp_path / "out", panels, ["matting"])
    root = tmp_path / "out/matting"
    with_masks = [panel for panel in panels if panel.instances]
    for row, panel in zip(read_table(root / "index.csv", IndexRow), with_masks, strict=True):
        mask = on_top(panel) > 0
        alone = read(root / "fg" / row.name)
        assert (read(root / "imgs" / row.name) == panel.picture).all()
        assert (read(root / "masks" / row.name) == np.where(mask, 255, 0)).all()
        assert (alone[..., 3] == np.where(mask, 255, 0)).all()
        assert (alone[..., :3] == np.where(mask[..., None], panel.picture, 0)).all()
    assert len(list((root / "imgs").iterdir())) == 3


def test_a_hint_is_the_median_colour_at_a_point_of_its_mask(tmp_path):
    panels = several()
    export(tmp_path / "out", panels, ["hints"])
    root = tmp_path / "out/hints"
    rows = read_table(root / "hints.csv", HintRow)
    instances = [(panel, its, at) for panel in panels for at, its in enumerate(panel.instances, 1)]
    for row, (panel, instance, number) in zip(rows, instances, strict=True):
        mask = decode_rle(instance.rle)
        colours = np.sort(panel.picture[mask], axis=0)[(mask.sum() - 1) // 2]
        assert mask[row.y, row.x]
        assert [row.red, row.green, row.blue] == colours.tolist()
        seen = on_top(panel) == number
        regions = read(root / "regions" / row.name)
        assert (regions[seen] == [*colours, 255]).all()
        assert ((regions[..., 3] > 0) == (on_top(panel) > 0)).all()
        assert read(root / "points" / row.name)[row.y, row.x, 3] == 255


def yolo_masks(text, width, height):
    """What Ultralytics makes of a label file: points cut to whole pixels, filled by cv2.fillPoly."""
    for line in text.splitlines():
        number, *shares = line.split()
        assert len(shares) > 6
        points = np.array(shares, float).reshape(-1, 2) * (width, height)
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [points.astype(np.int32)], 1)
        yield int(number), mask > 0


def test_ultralytics_reads_the_classes_the_places_and_the_masks(tmp_path):
    panels = [
        panel_of(1, [label("..##.. .####. .#..#. .#..#. .####. ......", TIE)], [], side="train"),
        panel_of(2, [], [result("#..... ......", 0.9, TIE), result(".....# ....##", 0.8)], side="test"),
    ]
    export(tmp_path / "out", panels, ["yolo"])
    root = tmp_path / "out/yolo"
    text = (root / "data.yaml").read_text()
    described = YAML(typ="safe").load(text)

    # Without a "path" they lie beside this file; with one Ultralytics looks where it was started.
    assert "do not choose weights by these" in text
    assert described == {
        "train": "images/train",
        "val": "images/test",
        "test": "images/test",
        "names": {0: "hair", 1: "tie"},
    }
    for row, panel in zip(read_table(root / "index.csv", IndexRow), panels, strict=True):
        assert (read(root / f"images/{row.side}/{row.name}.png") == panel.picture).all()
        text = (root / f"labels/{row.side}/{row.name}.txt").read_text()
        found = list(yolo_masks(text, row.width, row.height))
        for (number, mask), instance in zip(found, panel.instances, strict=True):
            assert described["names"][number] == instance.name
            assert (mask == decode_rle(instance.rle)).all()


def test_ultralytics_validates_on_the_validation_set_where_there_is_one(tmp_path):
    panels = [
        panel_of(number, [label("##..")], [], side=side) for number, side in enumerate(("val", "test"), 1)
    ]
    export(tmp_path / "out", panels, ["yolo"])
    text = (tmp_path / "out/yolo/data.yaml").read_text()
    described = YAML(typ="safe").load(text)

    assert "do not choose" not in text
    assert (described["val"], described["test"]) == ("images/val", "images/test")


def test_a_class_that_is_left_out_leaves_no_gap_in_ultralytics_numbers(tmp_path):
    panel = panel_of(1, [label("##..", TIE)], [], classes=["tie"])
    export(tmp_path / "out", [panel], ["yolo"], classes={TIE: 'tie "blue": 1'})
    root = tmp_path / "out/yolo"

    assert YAML(typ="safe").load((root / "data.yaml").read_text())["names"] == {0: 'tie "blue": 1'}
    assert next((root / "labels").rglob("*.txt")).read_text().startswith("0 ")


@given(arrays(bool, (9, 11), elements=st.booleans()).filter(np.any))
def test_a_ring_fills_to_the_mask_but_for_bridges_between_its_parts(mask):
    filled = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(filled, [mask_ring(mask).astype(np.int32)], 1)
    parts, _ = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)

    assert (filled[mask] == 1).all()
    if parts == 2:  # the background and one part, perhaps with holes
        assert (filled == mask).all()


# Lines


def test_flat_colours_have_no_lines_not_even_black():
    for level in (0, 128, 255):
        assert (line_drawing(np.full((20, 30, 3), level, np.uint8), 0.5) == 255).all()


def test_a_dark_stroke_is_a_line_and_wider_drawings_have_more_ink():
    picture = np.full((40, 40, 3), 220, np.uint8)
    picture[:, 20:22] = 30
    drawings = [line_drawing(picture, sigma_px) for sigma_px in SIGMAS_PX]
    ink = [int((drawing == 0).sum()) for drawing in drawings]

    assert (drawings[0][:, 20:22] == 0).all()
    assert (drawings[2][:, :15] == 255).all()
    assert ink[0] <= ink[1] <= ink[2]


# Names


def test_names_differ_even_where_a_file_system_takes_a_for_capital_a():
    stems = Stems()
    named = [
        stems.of(panel_of(1, [label("#")], [], series=series, episode=episode).panel)
        for series, episode in (("a_b", "c"), ("a", "b_c"), ("A", "b_c"), ("\u202etxt", "1"))
    ]

    assert named == ["a_b_c_000100-0000", "a_b_c_000100-0000-2", "A_b_c_000100-0000-3", "_txt_1_000100-0000"]


# Leave to go out


def places(layouts, licences, pixels):
    return [(str(one.path), sorted(one.series)) for one in shelves(layouts, licences, WITH_PIXELS, pixels)]


def test_pixels_of_others_series_stay_back_unless_asked_for_and_masks_never_do():
    licences = {"mine": "own", "open": "CC0-1.0", "theirs": ""}

    assert places(["coco", "labelmaps"], licences, False) == [
        ("coco", ["mine", "open"]),
        ("labelmaps", ["mine", "open", "theirs"]),
    ]
    assert places(["coco"], licences, True) == [("coco", ["mine", "open"]), ("private/coco", ["theirs"])]
    assert places(["masks_only"], {"theirs": ""}, False) == [("masks_only", ["theirs"])]


def test_an_export_of_nothing_but_kept_back_pixels_is_refused():
    with pytest.raises(
        ParamsError, match="coco hold pixels, and no licence is given for theirs: set pixels to true"
    ):
        shelves(["coco"], {"theirs": ""}, WITH_PIXELS, False)


def test_the_run_says_what_became_of_others_pixels():
    licences = {"mine": "own", "theirs": ""}

    assert "pixels of theirs" in said_of_leave(["coco"], licences, WITH_PIXELS, True)
    assert "no pixels of theirs" in said_of_leave(["coco"], licences, WITH_PIXELS, False)
    assert said_of_leave(["masks_only"], licences, WITH_PIXELS, False) == ""
    assert said_of_leave(["coco"], {"mine": "own"}, WITH_PIXELS, False) == ""


def test_others_pixels_lie_in_a_folder_that_git_ignores_with_the_terms(tmp_path):
    export(tmp_path / "out", two_panels(), list(LAYOUTS), licence="", pixels=True)
    private = tmp_path / "out/private"

    assert (private / ".gitignore").read_text() == "*\n"
    assert "do not pass them on" in (private / "TERMS.txt").read_text()
    assert {path.name for path in private.iterdir() if path.is_dir()} == WITH_PIXELS
    outside = {name for name in everything(tmp_path / "out") if not name.startswith("private/")}
    assert {name.split("/")[0] for name in outside} == {"README.txt", "masks.json", "labelmaps", "masks_only"}


def test_without_leave_no_pixel_is_written(tmp_path):
    panels = two_panels()
    export(tmp_path / "out", panels, list(LAYOUTS), licence="")
    files = everything(tmp_path / "out")

    assert {name.split("/")[0] for name in files} == {"README.txt", "masks.json", "labelmaps", "masks_only"}
    for panel in panels:
        assert not any(panel.data in data or panel.picture.tobytes() in data for data in files.values())


def test_masks_do_not_depend_on_the_pixels_of_layouts_without_pixels(tmp_path):
    panels = two_panels()
    others = [
        replace(panel, data=encode(picture_of(99, panel.height, panel.width), "png", 100)) for panel in panels
    ]
    export(tmp_path / "one", panels, ["masks_only", "labelmaps"], licence="")
    export(tmp_path / "two", others, ["masks_only", "labelmaps"], licence="")

    assert everything(tmp_path / "one") == everything(tmp_path / "two")
