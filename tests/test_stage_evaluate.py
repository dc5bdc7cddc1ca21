"""The stages evaluate and export, with a model that was trained for a second."""

import json
import shutil
from contextlib import closing

import numpy as np
import pytest
from dask_cluster import Cluster
from drawn_dataset import CLASSES, Heard, tiny, write_dataset
from PIL import Image
from ruamel.yaml import YAML

from stages import evaluate, export
from toonseg.engines.base import fit
from toonseg.errors import EngineError, ImageError, ParamsError, ToonsegError
from toonseg.export.cutouts import CutoutRow
from toonseg.geometry import decode_rle
from toonseg.metrics.tables import ClassBar, CurvePoint, ScoreRow
from toonseg.parallel import ENGINE
from toonseg.records import Panel
from toonseg.store import read_json, read_table, write_json, write_table

LABELLED, UNLABELLED = "drawn", "다른"


def coco_of(folder, series, count):
    """Drawn panels of a series, as files and as a COCO dataset."""
    coco = write_dataset(folder, count)
    for image in coco["images"]:
        image.update(series=series, episode="1", file_name=image["file_name"].replace("drawn", series))
    (folder / "drawn").rename(folder / series)
    rows = []
    for image in coco["images"]:
        y0 = int(image["file_name"][-15:-9])
        rows.append(Panel(series, "1", 0, y0, 128, y0 + 96, "panel", image["file_name"]))
    write_table(folder / series / "panels.csv", rows, Panel)
    return coco


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project as it stands before evaluate."""
    root = tmp_path_factory.mktemp("trained")
    panels = root / "data/panels"
    coco_of(panels, UNLABELLED, 3)
    coco = coco_of(panels, LABELLED, 8)
    sides = {"train": coco["images"][:4], "val": coco["images"][4:5], "test": coco["images"][5:]}
    for side, images in sides.items():
        ids = {image["id"] for image in images}
        part = {
            **coco,
            "images": images,
            "annotations": [label for label in coco["annotations"] if label["image_id"] in ids],
        }
        write_json(root / f"data/dataset/{side}.json", part)
    train = read_json(root / "data/dataset/train.json")
    fit(
        train,
        panels,
        tiny(iterations=2, threads=1),
        out=root / "data/model",
        checkpoints=root / "data/checkpoints",
        watch=Heard(),
    )
    series = {
        name: {"site": "demo", "title": name, "episodes": "1", "licence": "own"}
        for name in (LABELLED, UNLABELLED)
    }
    write_params(
        root,
        series=series,
        evaluate={
            "score_floor": 0.001,
            "count_score": 0.5,
            "sheet_panels": 2,
            "sheet_score": 0.4,
            "device": "cpu",
        },
        export={
            "series": [UNLABELLED],
            "classes": list(CLASSES),
            "layouts": ["coco", "cutouts", "labelmaps"],
            "source": "both",
            "min_score": 0.001,
            "max_overlap": 0.5,
            "pixels": False,
            "masks_licence": "CC-BY-4.0",
            "device": "cpu",
        },
        report={"picture_px": 64, "quality": 75, "score": 0.5, "twin_bits": 32},
    )
    write_json(root / "data/predictions/test.json", [])
    return root


@pytest.fixture
def project(trained, tmp_path, monkeypatch):
    """A copy of the trained project, as the current folder."""
    root = tmp_path / "project"
    shutil.copytree(trained, root)
    monkeypatch.chdir(root)
    return root


def write_params(root, **sections):
    with (root / "params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(sections, file)


def set_param(root, section, **values):
    document = YAML(typ="safe").load((root / "params.yaml").read_text(encoding="utf-8"))
    document[section].update(values)
    write_params(root, **document)


def outputs(root, *folders):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for folder in folders
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def test_evaluate_writes_predictions_scores_and_plots(project, capsys):
    summary = evaluate.main()
    results, metrics = read_json(evaluate.PREDICTIONS), read_json(evaluate.METRICS)

    assert summary.startswith("3 panels, 6 instances: masks AP ")
    assert {result["image_id"] for result in results} <= {6, 7, 8}
    assert all(result["score"] >= 0.001 for result in results)
    assert metrics["tested"] == {"panels": 3, "instances": 6}
    assert list(metrics["class_AP50"]) == sorted(CLASSES)
    assert metrics["series_AP50"] == {LABELLED: metrics["masks"]["AP50"]}
    assert set(metrics) == {"boxes", "class_AP50", "found", "masks", "series_AP50", "tested"}
    rows = read_table(evaluate.PLOTS / "scores.csv", ScoreRow)
    assert [row.n for row in rows if (row.kind, row.series, row.name) == ("segm", LABELLED, "all")] == [6]
    assert [bar.name for bar in read_table(evaluate.PLOTS / "classes.csv", ClassBar)] == list(CLASSES)
    assert len(read_table(evaluate.PLOTS / "precision_recall.csv", CurvePoint)) == 101 * len(CLASSES)
    assert Image.open(evaluate.PLOTS / "predictions.png").size[0] == 1400
    assert f"\n{LABELLED}      6 " in capsys.readouterr().out


def test_evaluate_gives_the_same_bytes_again(project):
    evaluate.main()
    first = outputs(project, "data/predictions", "metrics", "plots")
    evaluate.main()

    assert first == outputs(project, "data/predictions", "metrics", "plots")


def test_a_score_floor_that_nothing_reaches_gives_zeros(project):
    set_param(project, "evaluate", score_floor=1.0)
    evaluate.main()

    assert read_json(evaluate.PREDICTIONS) == []
    assert read_json(evaluate.METRICS)["masks"]["AP"] == 0.0


@pytest.mark.parametrize(
    ("part", "nothing"), [("images", "panel to test on"), ("annotations", "instance to find")]
)
def test_a_test_set_of_nothing_is_refused_and_nothing_is_written(project, part, nothing):
    test = read_json(evaluate.TEST)
    write_json(evaluate.TEST, {**test, "annotations": [], part: []})
    evaluate.PREDICTIONS.unlink()

    with pytest.raises(
        ToonsegError, match=rf"data/dataset/test\.json holds no {nothing}: lower split\.train"
    ):
        evaluate.main()
    assert outputs(project, "data/predictions", "metrics", "plots") == {}


def test_a_panel_that_is_missing_is_named(project):
    (project / "data/panels" / LABELLED / "1/000007-0000.png").unlink()

    with pytest.raises(ImageError, match=r"000007-0000\.png does not exist: run `dvc repro`"):
        evaluate.main()


def test_a_misspelt_parameter_of_evaluate_is_named(project):
    set_param(project, "evaluate", scorefloor=0.1)

    with pytest.raises(ParamsError, match=r"section 'evaluate': unknown key scorefloor"):
        evaluate.main()


def test_export_writes_predictions_of_a_series_without_labels(project):
    summary = export.main()
    document = json.loads((export.EXPORTS / "masks.json").read_text())
    rows = read_table(export.EXPORTS / "cutouts/index.csv", CutoutRow)
    maps = sorted((export.EXPORTS / "labelmaps/classes").rglob("*.png"))

    count = len(document["annotations"])
    assert summary == (
        f"{UNLABELLED}: 3 panels, {count} masks; as coco, cutouts, labelmaps; "
        "report/index.html: 11 panels (4 train, 1 val, 3 test, 3 unlabelled)"
    )
    assert count
    assert len(rows) == count
    assert {row.source for row in rows} == {"prediction"}
    assert len(maps) == 3
    for image, path in zip(document["images"], maps, strict=True):
        own = [one for one in document["annotations"] if one["image_id"] == image["id"]]
        union = np.zeros((96, 128), bool)
        for annotation in own:
            union |= decode_rle(annotation["segmentation"])
        assert ((np.asarray(Image.open(path)) > 0) == union).all()


def test_export_gives_the_same_bytes_again(project):
    export.main()
    first = outputs(project, "data/exports")
    export.main()

    assert first == outputs(project, "data/exports")


def test_export_of_labels_needs_no_model(project):
    shutil.rmtree(export.MODEL)
    set_param(project, "export", source="labels", series=[LABELLED], classes=["disc"], layouts=["coco"])

    assert export.main().startswith(f"{LABELLED}: 8 panels, 8 masks; as coco; ")
    document = json.loads((export.EXPORTS / "masks.json").read_text())
    sides = [read_json(export.DATASET / name) for name in ("train.json", "val.json", "test.json")]
    given = {
        (path, label["segmentation"]["counts"])
        for side in sides
        for path, label in (
            (next(image["file_name"] for image in side["images"] if image["id"] == label["image_id"]), label)
            for label in side["annotations"]
        )
        if label["category_id"] == 1
    }
    paths = {image["id"]: image["file_name"] for image in document["images"]}
    assert given == {
        (paths[one["image_id"]], one["segmentation"]["counts"]) for one in document["annotations"]
    }


def test_export_of_both_keeps_every_label(project):
    set_param(project, "export", series=[LABELLED, UNLABELLED], layouts=["cutouts"])
    export.main()
    rows = read_table(export.EXPORTS / "cutouts/index.csv", CutoutRow)

    assert sum(row.source == "label" for row in rows) == 16
    assert {row.series for row in rows} == {LABELLED, UNLABELLED}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"layouts": ["cutout"]}, "layouts names 'cutout', which there is not: choose among coco, cutouts"),
        ({"series": ["other"]}, "series names 'other', which there is not: choose among drawn, 다른"),
        ({"classes": ["Disc"]}, "classes names 'Disc', which there is not: choose among disc, rectangle"),
        ({"source": "labels"}, "source is labels, but '다른' has none"),
        ({"min_score": 1.5}, "min_score must be at most 1.*, got 1.5"),
        ({"series": []}, "series list should have at least 1 item"),
    ],
)
def test_a_choice_that_cannot_be_exported_is_named_and_the_last_export_stays(project, values, sentence):
    write_json(export.EXPORTS / "last.json", [])
    set_param(project, "export", **values)

    with pytest.raises(ParamsError, match=sentence):
        export.main()
    assert set(outputs(project, "data/exports")) == {"data/exports/last.json"}


def test_evaluate_refuses_a_model_of_the_same_classes_in_another_order(project):
    truth = read_json(evaluate.TEST)
    first, second = truth["categories"]
    first["name"], second["name"] = second["name"], first["name"]
    write_json(evaluate.TEST, truth)
    with pytest.raises(
        EngineError, match="data/model knows disc, rectangle, data/dataset rectangle, disc: run"
    ):
        evaluate.main()


def test_export_refuses_a_model_of_other_classes(project):
    for name in ("train.json", "val.json", "test.json"):
        side = read_json(export.DATASET / name)
        side["categories"][0]["name"] = "circle"
        write_json(export.DATASET / name, side)
    set_param(project, "export", classes=["circle"])

    with pytest.raises(EngineError, match="data/model knows disc, rectangle, data/dataset circle, rectangle"):
        export.main()


@pytest.mark.all
def test_a_cluster_without_the_files_predicts_the_same(project, tmp_path, monkeypatch):
    evaluate.main()
    here = outputs(project, "data/predictions", "metrics", "plots")
    shutil.rmtree(project / "data/predictions")
    (tmp_path / "elsewhere").mkdir()
    with closing(Cluster(tmp_path / "elsewhere", 1)) as cluster:
        monkeypatch.setenv(ENGINE, cluster.address)
        evaluate.main()
    assert outputs(project, "data/predictions", "metrics", "plots") == here
    assert read_json(evaluate.PREDICTIONS)
