"""The seven experiments: their parts, their page, and their pipeline from end to end on drawn shapes."""

import shutil
from pathlib import Path

import pytest
from drawn_dataset import VALUES, write_dataset
from project import ROOT, Project
from ruamel.yaml import YAML
from test_architecture import declared, reachable, relative

from toonseg.errors import ToonsegError
from toonseg.experiments import (
    EXPERIMENTS,
    FITS,
    ExperimentParams,
    part_of,
    results_page,
    series_of,
)
from toonseg.params import load_params
from toonseg.store import write_json

PIPELINE = YAML(typ="safe", pure=True).load((ROOT / "experiments/dvc.yaml").read_text())["stages"]
PARAMS = ExperimentParams("red", "blue", 40, 20)


def definition(name):
    return PIPELINE[name].get("do", PIPELINE[name])


def test_the_pipeline_trains_five_models_and_scores_seven_experiments():
    fits = {*PIPELINE["fit"]["matrix"]["name"], *PIPELINE["transfer"]["foreach"]}
    starts = {name: its["start"] for name, its in PIPELINE["transfer"]["foreach"].items()}

    assert fits == set(FITS)
    assert starts == {name: its.start for name, its in FITS.items() if its.start}
    assert {name: its["fit"] for name, its in PIPELINE["score"]["foreach"].items()} == {
        name: its.fit for name, its in EXPERIMENTS.items()
    }
    assert (len(FITS), len(EXPERIMENTS)) == (5, 7)


@pytest.mark.parametrize("name", PIPELINE)
def test_a_stage_depends_on_the_code_that_it_can_reach_and_on_no_other(name):
    script = definition(name)["cmd"].split()[2].replace(".", "/") + ".py"
    reached = reachable(ROOT / script) | reachable(ROOT / "stages/__init__.py")

    assert relative(declared(definition(name)["deps"])) == relative(reached)


def test_the_parameters_are_those_that_are_checked():
    chosen = load_params("experiments", ExperimentParams, ROOT / "experiments/params.yaml")

    assert chosen.first != chosen.second


def two_series():
    images = [{"id": 1, "series": "red"}, {"id": 2, "series": "blue"}, {"id": 3, "series": "green"}]
    return {"images": images, "annotations": [{"image_id": one} for one in (1, 2, 2, 3)], "categories": []}


def test_a_part_holds_the_images_and_annotations_of_its_series():
    part = part_of(two_series(), series_of("both", PARAMS), "train.json")

    assert [image["id"] for image in part["images"]] == [1, 2]
    assert [one["image_id"] for one in part["annotations"]] == [1, 2, 2]
    assert len(part_of(two_series(), series_of("second", PARAMS), "train.json")["annotations"]) == 2


def test_a_series_without_panels_is_named():
    with pytest.raises(ToonsegError, match=r"train.json has no panel of 'grey' \(it has blue, green, red\)"):
        part_of(two_series(), ["grey"], "train.json")


def scores(ap):
    full = {"AP": ap, "AP50": ap + 10, "AP75": ap - 5}
    kind = {**full, "class": {"hair": {**full, "n": 9}, "tie": {"n": 0}}}
    return {"count": {"instances": 9}, "segm": kind, "bbox": kind}


def test_the_page_holds_seven_rows_for_each_table_and_what_they_mean():
    page = results_page(
        {name: scores(20.0 + place) for place, name in enumerate(EXPERIMENTS)}, PARAMS, VALUES
    )
    rows = [line for line in page.splitlines() if line.startswith(tuple(f"| {n} |" for n in range(1, 8)))]

    assert len(rows) == 21
    assert rows[0] == "| 1 | red and blue | red and blue | 9 | 20.0 | 30.0 | 15.0 | 20.0 | 30.0 | 15.0 |"
    assert rows[6] == "| 7 | red, then blue | blue | 9 | 26.0 | 36.0 | 21.0 | 26.0 | 36.0 | 21.0 |"
    assert rows[7] == "| 1 | 20.0 (9) | - (0) |"
    assert "On red, learning from blue too changes mask AP by -2.0 (23.0 to 21.0)" in page
    assert "learning from red before by +2.0 (to 26.0)" in page


@pytest.fixture
def project(tmp_path):
    """The project's own files with a drawn dataset of two series, and a training of a second."""
    for name in ("stages", "toonseg", "experiments"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("__pycache__", "models", "scores", "dvc.lock"),
        )
    for name in ("params.yaml", ".dvcignore", ".gitignore", "pyproject.toml"):
        shutil.copy2(ROOT / name, tmp_path / name)
    coco = write_dataset(tmp_path / "data/panels", 8)
    for image in coco["images"]:
        image["series"] = "red" if image["id"] % 2 else "blue"
    for side, ids in (("train", range(1, 5)), ("val", ()), ("test", range(5, 9))):
        images = [image for image in coco["images"] if image["id"] in ids]
        labels = [one for one in coco["annotations"] if one["image_id"] in ids]
        write_json(tmp_path / f"data/dataset/{side}.json", {**coco, "images": images, "annotations": labels})
    project = Project(tmp_path)
    project.update({"train": {**VALUES, "iterations": 2}})
    with (tmp_path / "experiments/params.yaml").open("w") as file:
        YAML().dump(
            {"experiments": {"first": "red", "second": "blue", "iterations": 2, "transfer_iterations": 1}},
            file,
        )
    project.ok("git", "init", "-q", "-b", "main")
    project.ok("dvc", "init", "-q")
    project.commit()
    return project


@pytest.mark.all
@pytest.mark.timeout(3000)
def test_the_experiments_run_once_and_again_only_where_they_are_stale(project):
    ran = project.stages_of("dvc", "repro", "experiments/dvc.yaml")
    page = Path(project.root / "experiments/RESULTS.md").read_text()

    assert ran == {
        *(f"experiment_fit@{name}" for name in FITS),
        *(f"experiment_score@{name}" for name in EXPERIMENTS),
        "experiment_table",
    }
    assert page.count("\n| ") == 3 * 9
    assert project.stages_of("dvc", "repro", "experiments/dvc.yaml") == set()

    project.update({"evaluate.count_score": 0.4})
    ran = project.stages_of("dvc", "repro", "experiments/dvc.yaml")
    assert ran == {*(f"experiment_score@{name}" for name in EXPERIMENTS), "experiment_table"}
