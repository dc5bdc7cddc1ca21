"""What is exported is what was labelled or predicted, to the bit, in every layout."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_export import (
    CLASSES,
    HAIR,
    TIE,
    chosen,
    drawn,
    everything,
    export,
    job,
    label,
    panel_of,
    params,
    picture_of,
    result,
    two_panels,
)
from PIL import Image
from pycocotools import mask as coco_mask

from toonseg.errors import ImageError, LabelError, ParamsError, ToonsegError
from toonseg.export.cutouts import CutoutRow
from toonseg.export.gather import (
    check_labelled,
    class_names,
    gather,
    labels_by_panel,
    panel_images,
    results_by_panel,
    series_panels,
)
from toonseg.export.instances import open_panel
from toonseg.export.labelmaps import LabelMaps
from toonseg.export.layouts import LAYOUTS, SeriesCount, check_choice
from toonseg.export.names import file_name
from toonseg.geometry import decode_rle, encode_rle
from toonseg.images import encode
from toonseg.panels import read_pictures
from toonseg.records import Panel
from toonseg.store import read_table, write_table


def as_drawn(instances):
    return [(instance.source, instance.score, decode_rle(instance.rle).tolist()) for instance in instances]


# What is chosen


def test_a_panel_without_labels_and_predictions_gives_nothing():
    assert chosen([], []) == ()


@pytest.mark.parametrize(
    ("source", "who"),
    [("labels", ["label"]), ("predictions", ["prediction"]), ("both", ["label", "prediction"])],
)
def test_the_source_says_whose_masks_go_out(source, who):
    instances = chosen([label("##...")], [result("...##", 0.9)], source=source)

    assert [instance.source for instance in instances] == who


def test_a_human_label_wins_over_a_prediction_that_lies_mostly_on_it():
    person = label("####....")
    half, more = result("..####..", 0.9), result(".####...", 0.9, TIE)

    assert as_drawn(chosen([person], [half])) == [
        ("label", 1.0, drawn("####....").tolist()),
        ("prediction", 0.9, drawn("..####..").tolist()),
    ]
    assert as_drawn(chosen([person], [more])) == [("label", 1.0, drawn("####....").tolist())]


def test_a_label_of_a_class_that_is_not_exported_still_wins():
    assert chosen([label("####", TIE)], [result("####", 0.9)], classes=["hair"]) == ()


def test_ignored_regions_empty_masks_other_classes_and_unlikely_predictions_stay_out():
    labels = [label("##..", iscrowd=1), label("...."), label("#...", TIE)]

    assert chosen(labels, [result("..##", 0.49)], classes=["hair"]) == ()
    assert len(chosen([], [result("..##", 0.5)])) == 1


def test_the_most_trusted_comes_first():
    large, small = label("####...."), label("#.......", TIE)
    likely, unlikely = result(".....##.", 0.9), result("....####", 0.6)
    instances = chosen([large, small], [unlikely, likely])

    assert [(instance.source, instance.area, instance.score) for instance in instances] == [
        ("label", 1, 1.0),
        ("label", 4, 1.0),
        ("prediction", 2, 0.9),
        ("prediction", 4, 0.6),
    ]
    assert instances[2].box == (5, 0, 7, 1)


# Cut-outs


def test_a_cut_out_holds_the_masks_pixels_and_nothing_under_the_rest(tmp_path):
    panels = two_panels()
    export(tmp_path / "out", panels, ["cutouts"])
    rows = read_table(tmp_path / "out/cutouts/index.csv", CutoutRow)

    assert [row.file for row in rows] == [
        "hair/바다_3_000100-0000_1.png",
        "tie/바다_3_000100-0000_2.png",
        "tie/바다_3_000200-0000_1.png",
        "hair/바다_3_000200-0000_2.png",
    ]
    instances = [(panel, instance) for panel in panels for instance in panel.instances]
    for row, (panel, instance) in zip(rows, instances, strict=True):
        cut = np.asarray(Image.open(tmp_path / "out/cutouts" / row.file))
        x0, y0, x1, y1 = instance.box
        mask = decode_rle(instance.rle)
        whole = np.zeros((*mask.shape, 4), np.uint8)
        whole[row.y0 : row.y1, row.x0 : row.x1] = cut
        assert (row.x0, row.y0, row.x1, row.y1) == (x0, y0, x1, y1)
        assert (whole[..., 3] == np.where(mask, 255, 0)).all()
        assert (whole[..., :3] == np.where(mask[..., None], panel.picture, 0)).all()
        assert (row.name, row.source, row.score) == (instance.name, instance.source, instance.score)
        assert (row.panel, row.area) == (panel.panel.id, mask.sum())


def test_cut_outs_whose_names_would_be_the_same_go_on_counting(tmp_path):
    panels = [
        panel_of(1, [label("##")], [], series="a_b", episode="c"),
        panel_of(1, [label("##")], [], series="a", episode="b_c"),
    ]
    export(tmp_path / "out", panels, ["cutouts"])

    assert sorted(path.name for path in (tmp_path / "out/cutouts/hair").iterdir()) == [
        "a_b_c_000100-0000-2_1.png",
        "a_b_c_000100-0000_1.png",
    ]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("머리", "머리"),
        ("T-shirt", "T-shirt"),
        ("../up", "_up"),
        ("a\\b:c", "a_b_c"),
        ("..", "_"),
        ("\n", "_"),
    ],
)
def test_no_name_leads_out_of_its_folder(text, safe):
    assert file_name(text) == safe


# Label maps


def test_a_label_map_has_the_most_trusted_mask_on_top(tmp_path):
    labels = [label("####......"), label(".##.......", TIE)]
    found = [result("...####...", 0.9), result(".....#####", 0.6, TIE)]
    panel = panel_of(1, labels, found)
    export(tmp_path / "out", [panel], ["labelmaps"])
    image = Image.open(tmp_path / "out/labelmaps/classes" / panel.panel.path)

    assert image.mode == "P"
    assert "".join(map(str, np.asarray(image)[0])) == "1221111222"


def test_a_label_maps_palette_tells_its_values(tmp_path):
    panels = two_panels()
    export(tmp_path / "out", panels, ["labelmaps"])
    entries = json.loads((tmp_path / "out/labelmaps/palette.json").read_text())
    image = Image.open(tmp_path / "out/labelmaps/classes" / panels[0].panel.path)
    colours = np.array([entry["rgb"] for entry in entries], np.uint8)

    assert [(entry["id"], entry["name"]) for entry in entries] == [(0, "background"), (1, "hair"), (2, "tie")]
    assert (np.asarray(image.convert("RGB")) == colours[np.asarray(image)]).all()
    assert (np.asarray(image) == 1).tolist() == drawn("##.. ##.. ....").tolist()


def test_a_class_keeps_its_value_when_others_are_left_out(tmp_path):
    panel = panel_of(1, [label("##..", TIE)], [], classes=["tie"])
    export(tmp_path / "out", [panel], ["labelmaps"], classes={TIE: "tie"})

    assert np.asarray(Image.open(tmp_path / "out/labelmaps/classes" / panel.panel.path)).tolist() == [
        [2, 2, 0, 0]
    ]


def test_more_classes_than_a_label_map_holds_are_refused(tmp_path):
    with pytest.raises(ToonsegError, match="a label map holds 255 classes, got 256"):
        LabelMaps(tmp_path, job({number: str(number) for number in range(1, 257)}))


# COCO


def test_coco_holds_the_masks_as_they_were_given(tmp_path):
    panels = two_panels()
    export(tmp_path / "out", panels, ["coco"])
    document = json.loads((tmp_path / "out/coco/annotations/instances_unlabelled.json").read_text())
    instances = [(number, one) for number, panel in enumerate(panels, 1) for one in panel.instances]

    assert [image["id"] for image in document["images"]] == [1, 2]
    assert [annotation["id"] for annotation in document["annotations"]] == [1, 2, 3, 4]
    assert document["categories"] == [{"id": 1, "name": "hair"}, {"id": 2, "name": "tie"}]
    for annotation, (image, instance) in zip(document["annotations"], instances, strict=True):
        assert annotation["segmentation"] == instance.rle
        assert (coco_mask.decode(annotation["segmentation"]) == decode_rle(instance.rle)).all()
        assert annotation["bbox"] == coco_mask.toBbox(annotation["segmentation"]).tolist()
        assert annotation["area"] == instance.area
        assert (annotation["image_id"], annotation["category_id"]) == (image, instance.class_id)
        assert (annotation["source"], annotation["score"]) == (instance.source, instance.score)


def test_coco_copies_the_panels_bytes(tmp_path):
    panels = two_panels()
    export(tmp_path / "out", panels, ["coco"])
    document = json.loads((tmp_path / "out/coco/annotations/instances_unlabelled.json").read_text())

    for panel, image in zip(panels, document["images"], strict=True):
        assert (tmp_path / "out/coco/images" / image["file_name"]).read_bytes() == panel.data
        assert (image["height"], image["width"]) == panel.picture.shape[:2]
        assert (image["series"], image["episode"]) == ("바다", "3")


# All layouts


def test_an_export_without_panels_is_whole(tmp_path):
    assert export(tmp_path / "out", [], list(LAYOUTS)) == {}
    assert set(everything(tmp_path / "out")) == {
        "README.txt",
        "cutouts/index.csv",
        "danbooregion/index.csv",
        "hints/hints.csv",
        "labelmaps/instances.csv",
        "labelmaps/palette.json",
        "masks.json",
        *(f"masks_only/{name}.csv" for name in ("classes", "masks", "pages", "panels")),
        "masks_only/DATASHEET.md",
        "masks_only/TERMS.md",
        "masks_only/croissant.json",
        "matting/index.csv",
        "paired/index.csv",
        "triplets/index.csv",
        "triplets/palette.json",
        "yolo/data.yaml",
        "yolo/index.csv",
    }


def test_the_same_panels_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        export(tmp_path / name, two_panels(), list(LAYOUTS))

    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_an_export_counts_panels_and_masks_and_says_what_may_be_done_with_it(tmp_path):
    counts = export(tmp_path / "out", two_panels(), ["coco"])

    assert counts == {"바다": SeriesCount(2, 4)}
    assert "What may be shared" in (tmp_path / "out/README.txt").read_text()


def test_an_export_replaces_the_last_one(tmp_path):
    export(tmp_path / "out", two_panels(), list(LAYOUTS))
    export(tmp_path / "out", two_panels()[:1], ["coco"])

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["README.txt", "coco", "masks.json"]
    assert len(list((tmp_path / "out/coco/images").rglob("*.png"))) == 1


def test_an_export_that_fails_leaves_the_last_one_as_it_was(tmp_path):
    first, second = two_panels()
    export(tmp_path / "out", [first, second], list(LAYOUTS))
    before = everything(tmp_path)
    with pytest.raises(ImageError, match=r"바다/3/000200-0000\.png"):
        export(tmp_path / "out", [first, replace(second, data=b"\x89PNG")], ["coco"])

    assert everything(tmp_path) == before


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_panel_without_instances_is_no_trouble(tmp_path, layout):
    panel = panel_of(1, [], [result("##", 0.1)])

    assert panel.instances == ()
    assert export(tmp_path / "out", [panel], [layout]) == {"바다": SeriesCount(1, 0)}


# Choices


def test_a_choice_comes_once_and_in_the_known_order():
    assert check_choice("classes", ["tie", "hair", "tie"], ["hair", "tie", "vest"]) == ["hair", "tie"]


@pytest.mark.parametrize("key", ["layouts", "series", "classes"])
def test_an_unknown_choice_is_refused_with_what_there_is(key):
    with pytest.raises(
        ParamsError,
        match=rf"section 'export': {key} names 'hare', which there is not: choose among hair, tie",
    ):
        check_choice(key, ["hair", "hare"], ["hair", "tie"])


# Gathering


def write_panels(folder, series, kinds, size=(6, 4)):
    width, height = size
    rows = []
    for number, kind in enumerate(kinds):
        path = f"{series}/1/{100 * number:06d}-0000.png" if kind == "panel" else ""
        rows.append(Panel(series, "1", 0, 100 * number, width, 100 * number + height, kind, path))
        if path:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(encode(picture_of(number, height, width), "png", 100))
    write_table(folder / series / "panels.csv", rows, Panel)
    return [row for row in rows if row.path]


def dataset(*panels, series="a", labels=()):
    return {
        "images": [
            {"id": number, "file_name": panel.path, "series": series}
            for number, panel in enumerate(panels, 1)
        ],
        "annotations": [{**its, "image_id": number} for number, its in labels],
        "categories": [{"id": 2, "name": "tie"}, {"id": 1, "name": "hair"}],
    }


def test_drawings_of_text_are_not_exported(tmp_path):
    panels = write_panels(tmp_path, "a", ["panel", "text", "panel"])

    assert series_panels(tmp_path, "a") == panels
    assert len(panels) == 2


@pytest.mark.parametrize("kinds", [[], ["text"]])
def test_a_series_without_panels_is_refused(tmp_path, kinds):
    write_panels(tmp_path, "a", kinds)

    with pytest.raises(ParamsError, match="series names 'a', whose cut gave no panel: leave it out"):
        series_panels(tmp_path, "a")


def test_labels_are_found_by_panel_in_both_datasets(tmp_path):
    one, two = write_panels(tmp_path, "a", ["panel", "panel"])
    other = write_panels(tmp_path, "b", ["panel"])[0]
    its = label("#...")
    train, test = dataset(one, labels=[(1, its)]), dataset(two)
    labels = labels_by_panel([train, test, dataset(other, series="b", labels=[(1, its)])], ["a"])

    assert labels == {one.path: [{**its, "image_id": 1}], two.path: []}


def test_labels_of_a_series_that_has_none_are_refused(tmp_path):
    panels = [*write_panels(tmp_path, "a", ["panel"]), *write_panels(tmp_path, "b", ["panel"])]

    check_labelled({panels[0].path: [], panels[1].path: []}, panels)
    with pytest.raises(ParamsError, match="source is labels, but 'b' has none"):
        check_labelled({panels[0].path: []}, panels)


def test_datasets_of_different_classes_are_refused():
    assert class_names([dataset(), dataset()]) == CLASSES
    with pytest.raises(LabelError, match="its files list different classes"):
        class_names([dataset(), {**dataset(), "categories": []}])


class Finder:
    """A predictor that finds the first pixel of every picture."""

    classes = ("hair", "tie")

    def predict(self, images, score_floor):
        """One result a picture."""
        for image_id, picture in images:
            mask = np.zeros(picture.shape[:2], bool)
            mask[0, 0] = True
            yield {
                "image_id": image_id,
                "category_id": HAIR,
                "segmentation": encode_rle(mask),
                "score": score_floor,
            }


def test_predictions_are_kept_by_panel(tmp_path):
    panels = write_panels(tmp_path, "a", ["panel", "panel"])
    pictures = ((number, picture_of(number, 4, 6)) for number in range(2))
    assert [(its["id"], its["file_name"]) for its in panel_images(panels)] == [
        (0, panels[0].path),
        (1, panels[1].path),
    ]
    found = results_by_panel(Finder().predict(pictures, 0.7), panels)

    assert [(path, len(its), its[0]["score"]) for path, its in found.items()] == [
        (panels[0].path, 1, 0.7),
        (panels[1].path, 1, 0.7),
    ]


def gathered(folder, panels, labels, predictions, **changes):
    found = gather(panels, labels, predictions, sides={}, classes=CLASSES, params=params(**changes))
    return [open_panel(panel, folder / panel.panel.path) for panel in found]


def test_a_gathered_panel_has_its_bytes_pixels_and_instances(tmp_path):
    panels = write_panels(tmp_path, "a", ["panel", "panel"], size=(4, 1))
    one, two = gathered(
        tmp_path, panels, {panels[0].path: [label("##..")]}, {panels[1].path: [result("..##", 0.8)]}
    )

    assert one.data == (tmp_path / panels[0].path).read_bytes()
    assert (one.picture == cv2.imread(str(tmp_path / panels[0].path))[..., ::-1]).all()
    assert [instance.source for instance in (*one.instances, *two.instances)] == ["label", "prediction"]


def test_only_labelled_panels_are_gathered_when_labels_are_asked_for(tmp_path):
    panels = write_panels(tmp_path, "a", ["panel", "panel"], size=(4, 1))
    only = gathered(tmp_path, panels, {panels[1].path: []}, {}, source="labels")

    assert [panel.panel for panel in only] == [panels[1]]


def test_masks_of_another_cut_are_refused(tmp_path):
    panels = write_panels(tmp_path, "a", ["panel"], size=(5, 1))

    with pytest.raises(LabelError, match=r"000000-0000\.png: its masks are of another cut"):
        gathered(tmp_path, panels, {panels[0].path: [label("####")]}, {})


def test_a_panel_that_is_missing_damaged_or_of_another_size_is_named(tmp_path):
    panels = write_panels(tmp_path, "a", ["panel"], size=(5, 1))
    image = {"id": 1, "file_name": panels[0].path, "width": 5, "height": 1}

    assert [number for number, _ in read_pictures(tmp_path, [image])] == [1]
    with pytest.raises(ImageError, match=r"000000-0000\.png is 5 x 1 pixels and should be 4 x 1"):
        list(read_pictures(tmp_path, [{**image, "width": 4}]))
    (tmp_path / panels[0].path).write_bytes(b"\x89PNG")
    with pytest.raises(ImageError, match=r"000000-0000\.png"):
        gathered(tmp_path, panels, {}, {})
    (tmp_path / panels[0].path).unlink()
    with pytest.raises(ImageError, match=r"000000-0000\.png does not exist: run `dvc repro`"):
        gathered(tmp_path, panels, {}, {})
