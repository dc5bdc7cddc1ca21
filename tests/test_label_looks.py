"""What a person sees of labels: a report, a sheet, and pictures with a model's suggestions to correct."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_dataset import Heard, tiny, write_dataset
from drawn_labels import CLASSES, draw_project
from seed import FILES, SEED, needs_seed

from toonseg.cli import main
from toonseg.engines.base import fit
from toonseg.errors import LabelError
from toonseg.geometry import encode_rle
from toonseg.images import decode, encode
from toonseg.labelling.anchoring import anchor_labels
from toonseg.labelling.checking import check_labels
from toonseg.labelling.exporting import Prelabelling, export_labels, region_picture
from toonseg.labelling.importing import import_labels
from toonseg.labelling.project import Project
from toonseg.labels.check import check_region, crosses_itself
from toonseg.labels.regions import Instance, LabelledRegion, PageUnder, SeriesLabels
from toonseg.records import Panel
from toonseg.store import write_table

SQUARE = ((10.0, 10.0, 40.0, 10.0, 40.0, 40.0, 10.0, 40.0),)
BOW_TIE = ((10.0, 10.0, 40.0, 40.0, 40.0, 10.0, 10.0, 40.0),)


def region(*instances, y0=2100, height=500, width=690, **more):
    return LabelledRegion(1, "after-class", "1", 0, y0, width, height, "a.jpg", instances, **more)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_project(tmp_path_factory.mktemp("looks"), episodes=1)


def kinds(*instances):
    return [(finding.kind, finding.instance) for finding in check_region(region(*instances))]


def test_a_tidy_region_gives_no_finding():
    assert kinds(Instance(1, "hair", SQUARE), Instance(2, "tie", SQUARE)) == []


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (BOW_TIE, "self-intersection"),
        (((-1.5, 10.0, 40.0, 10.0, 40.0, 40.0),), "out of bounds"),
        (((10.0, 10.0, 691.76, 10.0, 40.0, 40.0),), "out of bounds"),
        (((10.0, 10.0, 14.0, 10.0, 14.0, 14.0, 10.0, 14.0),), "tiny"),
        (((10.0, 10.0, 10.01, 10.0, 10.0, 10.01),), "empty"),
        (encode_rle(np.zeros((500, 690), dtype=bool)), "empty"),
    ],
)
def test_what_looks_wrong_is_named(shape, kind):
    assert kinds(Instance(7, "hair", shape)) == [(kind, 7)]


def test_a_thing_that_is_drawn_twice_is_named():
    nearly = ((10.5, 10.0, 40.0, 10.0, 40.0, 40.0, 10.0, 40.0),)
    assert kinds(Instance(1, "hair", SQUARE), Instance(2, "hair", nearly)) == [("duplicate", 2)]


@pytest.mark.parametrize(
    ("polygon", "crosses"),
    [
        (SQUARE[0], False),
        (BOW_TIE[0], True),
        ((0, 0, 9, 0, 9, 9, 5, 0, 0, 9), True),  # a corner on a side
        ((0, 0, 9, 0, 9, 9, 0, 9, 0, 0, 3, 3, 3, 6, 6, 6, 3, 3), False),  # a hole, cut open
        ((0, 0, 0, 0, 9, 0, 9, 9), False),  # a corner set twice
    ],
)
def test_a_polygon_crosses_itself_or_not(polygon, crosses):
    assert crosses_itself(polygon) == crosses


@needs_seed
def test_the_labels_of_2021_hold_what_is_known_of_them(tmp_path):
    (tmp_path / "params.yaml").write_text(
        "classes: [hair, dress-shirt, T-shirt, pants, skirt, outer, tie, vest]"
    )
    project = Project(tmp_path)
    for name in FILES:
        import_labels(project, [SEED / name], name.split("_")[1])
    lines = [line.strip() for series in ("free", "love") for line in check_labels(project, series)]
    counts = [line for line in lines if line.startswith(("self-intersection:", "out of bounds:"))]
    assert sum(int(line.split()[-1]) for line in counts if line.startswith("self")) == 36
    assert [line for line in counts if line.startswith("out")] == ["out of bounds: 3"]
    assert any("(41943.jpg): instance" in line and line.endswith("by 1.76 px") for line in lines)


def test_check_counts_per_class_and_file_and_tells_of_other_pages(drawn, capsys, monkeypatch):
    pages = (PageUnder("0", 1, 3000),)
    drawn.write(SeriesLabels("after-class", (region(Instance(7, "hair", BOW_TIE), pages=pages),)))
    monkeypatch.chdir(drawn.root)
    assert main(["labels", "check"]) == 0
    printed = capsys.readouterr().out
    for told in (
        "regions: 1 (1 placed, 0 of unknown episode)",
        "instances: 1 (0 of several parts, 0 ignored)",
        "per class: hair 1, dress-shirt 0",
        "per file: (drawn here) 1",
        "self-intersection: 1\n    region 1 (a.jpg): instance 7, hair, part 1 of 1",
        "other pages: 1\n    region 1 (a.jpg): lost: `toonseg labels anchor --series after-class` follows",
    ):
        assert told in printed


def test_check_names_regions_that_lie_on_no_strip(drawn, capsys, monkeypatch):
    monkeypatch.chdir(drawn.root)
    elsewhere = replace(region(y0=900_000), id=2)
    drawn.write(SeriesLabels("after-class", (region(), elsewhere, replace(region(), id=3, episode="99"))))
    assert main(["labels", "check"]) == 0
    printed = capsys.readouterr().out
    assert "on no strip: 2\n    region 2 (a.jpg): reaches down to row 900500, but the strip of" in printed
    assert "region 3 (a.jpg): its episode '99' is not among those of series.after-class" in printed

    with (drawn.root / "params.yaml").open("a") as params:  # declared, and not crawled yet
        params.write("series: {after-class: {site: folder, title: pages, episodes: 1-99}}\n")
    assert main(["labels", "check"]) == 0
    assert "on no strip: 1\n    region 2" in capsys.readouterr().out
    (drawn.root / "params.yaml").write_text(f"classes: [{', '.join(CLASSES)}]\n")


def test_show_draws_labels_over_their_regions(drawn, capsys, monkeypatch):
    unplaced = LabelledRegion(2, "after-class", "1", 0, 0, 690, 300, "b.jpg", (), exact=False)
    drawn.write(SeriesLabels("after-class", (region(Instance(7, "hair", SQUARE)), unplaced)))
    monkeypatch.chdir(drawn.root)
    assert main(["labels", "show", "--series", "after-class", "--out", "sheet.png"]) == 0
    assert "sheet.png: 2 of 2 regions, 1400 x" in capsys.readouterr().out
    sheet = decode((drawn.root / "sheet.png").read_bytes(), "sheet")
    drawn.write(SeriesLabels("after-class", (region(), unplaced)))
    assert main(["labels", "show", "--series", "after-class", "--out", "bare.png"]) == 0
    bare = decode((drawn.root / "bare.png").read_bytes(), "bare")
    changed = np.argwhere((np.abs(sheet.astype(int) - bare) > 60).any(axis=2))
    assert len(changed) > 50
    assert 350 < changed[:, 1].min() < changed[:, 1].max() < 700  # the second column only
    assert main(["labels", "show", "--series", "after-class", "--episodes", "9", "--out", "x.png"]) == 1
    assert "holds no region of these episodes" in capsys.readouterr().err


def test_show_draws_the_labels_of_panels_where_there_are_any(prelabelled, capsys, monkeypatch):
    params = "classes: [disc, rectangle]\nsplit: {train: 0.8, val: 0.0, seed: 1, by: panel, lists: '', "
    (prelabelled.root / "params.yaml").write_text(f"{params}min_visible: 0.3, min_labelled: 0.9}}\n")
    monkeypatch.chdir(prelabelled.root)
    assert main(["labels", "show", "--series", "after-class", "--out", "panels.png"]) == 0
    assert "panels.png: 1 of 1 labelled panels, 1400 x 218 px" in capsys.readouterr().out
    sheet = decode((prelabelled.root / "panels.png").read_bytes(), "sheet").astype(int)
    strip = prelabelled.strip("after-class", "1")
    bare = cv2.resize(np.ascontiguousarray(strip.rows(900, 1300)), (335, 194), interpolation=cv2.INTER_AREA)
    changed = np.argwhere((np.abs(sheet[12:206, 12:347] - bare) > 60).any(axis=2))
    assert 0 <= changed.min() < changed.max() < 60  # SQUARE, half as large, and its name
    assert main(["labels", "show", "--series", "after-class", "--out", "a.png", "--as-drawn"]) == 0
    assert "a.png: 1 of 1 regions" in capsys.readouterr().out
    (prelabelled.panels / "after-class/1/000900-0000.png").unlink()
    assert main(["labels", "show", "--series", "after-class", "--out", "grey.png"]) == 0
    assert tuple(decode((prelabelled.root / "grey.png").read_bytes(), "grey")[150, 300]) == (225, 225, 225)


def test_an_export_brings_the_pictures_of_placed_regions(drawn, tmp_path):
    halved = replace(region(y0=900, height=600, width=1380, scale=0.5), id=2)
    drawn.write(SeriesLabels("after-class", (region(), halved)))
    told = export_labels(drawn, "after-class", "coco", tmp_path / "out")
    assert told.endswith("2 regions, 0 instances as coco")
    picture = decode((tmp_path / "out/images/after-class_1_002100-0000.png").read_bytes(), "a")
    strip = drawn.strip("after-class", "1")
    assert (picture == strip.rows(2100, 2600)).all()
    wide = decode((tmp_path / "out/images/after-class_1_000900-0000_x0.5.png").read_bytes(), "b")
    assert wide.shape == (600, 1380, 3)
    back = cv2.resize(wide, (690, 300), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(back - strip.rows(900, 1200)).mean() < 3


def test_a_region_that_leaves_its_strip_is_white_there(drawn):
    strip = drawn.strip("after-class", "1")
    picture = region_picture(strip, region(y0=strip.height - 100, height=104))
    assert picture.shape == (104, 690, 3)
    assert (picture[100:] == 255).all()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of discs and rectangles that has learned little."""
    root = tmp_path_factory.mktemp("model")
    coco = write_dataset(root / "pictures", 2)
    quick = tiny(iterations=1, warmup_iterations=0)
    fit(coco, root / "pictures", quick, out=root / "model", checkpoints=root / "checkpoints", watch=Heard())
    return root / "model"


@pytest.fixture
def prelabelled(drawn, tmp_path):
    """A project with two panels, of which a person labelled the upper one."""
    (tmp_path / "params.yaml").write_text("classes: [disc, rectangle]\n")
    (tmp_path / "data").mkdir()
    for name in ("pages", "strips"):
        (tmp_path / "data" / name).symlink_to(drawn.root / "data" / name)
    project = Project(tmp_path)
    strip = drawn.strip("after-class", "1")
    panels = [
        Panel("after-class", "1", 0, y0, 690, y0 + 400, "panel", f"after-class/1/{y0:06d}-0000.png")
        for y0 in (900, 2100)
    ]
    for panel in panels:
        path = project.panels / panel.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(np.ascontiguousarray(strip.rows(panel.y0, panel.y1)), "png", 100))
    write_table(project.panels / "after-class/panels.csv", panels, Panel)
    labelled = LabelledRegion(
        1, "after-class", "1", 0, 900, 690, 400, "a.jpg", (Instance(1, "disc", SQUARE),)
    )
    project.write(SeriesLabels("after-class", (labelled,)))
    return project


def test_predictions_on_unlabelled_panels_go_out_and_the_corrected_file_replaces_them(
    prelabelled, model, tmp_path
):
    out = tmp_path / "out"
    told = export_labels(prelabelled, "after-class", "coco", out, prelabelling=Prelabelling(model, 0.0))
    assert "2 regions, 1 of them with predictions" in told
    document = json.loads((out / "instances.json").read_text())
    names = [image["file_name"] for image in document["images"]]
    assert names == ["after-class_1_000900-0000.png", "after-class_1_002100-0000.png"]
    predicted = [row for row in document["annotations"] if row["image_id"] == 2]
    assert predicted
    assert all((out / "images" / name).exists() for name in names)
    import_labels(prelabelled, [out / "instances.json"], "after-class")
    first = prelabelled.read("after-class")
    assert [len(of.instances) for of in first.regions] == [1, len(predicted)]
    corrected = {**predicted[0], "segmentation": [list(SQUARE[0])], "category_id": 1}
    document["annotations"] = [document["annotations"][0], corrected]
    (tmp_path / "corrected.json").write_text(json.dumps(document))
    import_labels(prelabelled, [tmp_path / "corrected.json"], "after-class")
    last = prelabelled.read("after-class")
    assert [label.segmentation for label in last.regions[1].instances] == [SQUARE]
    assert [len(old.region.instances) for old in last.history] == [len(predicted)]
    assert last.regions[0] == first.regions[0]


def test_nothing_is_predicted_where_all_is_labelled(prelabelled, model, tmp_path):
    labels = prelabelled.read("after-class")
    whole = LabelledRegion(2, "after-class", "1", 0, 2100, 690, 400, "b.jpg", ())
    prelabelled.write(SeriesLabels("after-class", (*labels.regions, whole)))
    with pytest.raises(LabelError, match="every panel of after-class is labelled: there is nothing"):
        export_labels(
            prelabelled, "after-class", "coco", tmp_path / "out", prelabelling=Prelabelling(model, 0.5)
        )
    assert not (tmp_path / "out").exists()


def test_a_model_of_other_classes_is_refused(prelabelled, model, tmp_path):
    (tmp_path / "params.yaml").write_text("classes: [hair, disc]\n")
    with pytest.raises(LabelError, match="unknown class 'rectangle'"):
        export_labels(
            prelabelled, "after-class", "coco", tmp_path / "out", prelabelling=Prelabelling(model, 0.5)
        )


def test_the_command_anchors_every_series(drawn, capsys, monkeypatch):
    drawn.write(SeriesLabels("after-class", (region(Instance(7, "hair", SQUARE)),)))
    monkeypatch.chdir(drawn.root)
    assert main(["labels", "anchor"]) == 0
    assert capsys.readouterr().out == "data/labels/after-class.json: 1 noted\n"
    assert anchor_labels(Project(), "after-class").endswith("1 kept")
