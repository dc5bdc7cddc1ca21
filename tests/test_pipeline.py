"""`dvc repro` runs what is stale and nothing else, and gives the user a sentence when it cannot.

Each test works on its own copy of one tiny project that has run once: two series, two steps of training.
"""

import json
import shutil

import pytest
from project import LABELLED, UNLABELLED, Project, make_tiny

JOINS = {"split", "train", "evaluate", "export"}
PER_SERIES = ("crawl", "link", "cut_rough", "cut")
EVERY_STAGE = {f"{stage}@{series}" for stage in PER_SERIES for series in (LABELLED, UNLABELLED)} | JOINS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Project:
    """A tiny project whose pipeline has run, with its outputs committed; tests copy it."""
    project = make_tiny(tmp_path_factory.mktemp("tiny") / "project")
    assert project.stages_of("dvc", "repro") == EVERY_STAGE
    project.commit()
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    return finished.copy(tmp_path / "project")


def test_a_second_repro_runs_nothing_and_leaves_no_trace(project):
    assert project.stages_of("dvc", "repro") == set()
    assert "up to date" in project.ok("dvc", "status", "dvc.yaml")
    assert project.ok("git", "status", "--porcelain") == ""


def test_the_outputs_are_there_and_whole(project):
    evaluated = json.loads((project.root / "metrics/evaluate.json").read_text())
    assert set(evaluated) >= {"boxes", "masks"}
    assert any((project.root / "data/exports").rglob("*.png"))
    assert list(project.root.rglob("*.partial")) == []


def test_an_experiment_of_the_split_runs_the_split_and_what_follows(project):
    assert project.stages_of("dvc", "exp", "run", "--set-param", "split.train=0.6") == JOINS
    assert "split.json" in project.ok("dvc", "metrics", "diff")


def test_a_parameter_of_cut_runs_cut_and_what_follows(project):
    project.update({"cut.format": "jpg"})
    cuts = {f"cut@{LABELLED}", f"cut@{UNLABELLED}"}
    assert project.stages_of("dvc", "repro") == cuts | JOINS


def test_a_new_episode_with_labels_runs_its_series_and_the_joins(project):
    project.update({f"series.{LABELLED}.episodes": "1-3"})
    project.ok("toonseg", "demo", "labels", "--series", LABELLED, "--episodes", "1-3")
    assert project.stages_of("dvc", "repro") == {f"{stage}@{LABELLED}" for stage in PER_SERIES} | JOINS


def test_a_new_episode_without_labels_trains_nothing_anew(project):
    project.update({f"series.{UNLABELLED}.episodes": "1-2"})
    ran = project.stages_of("dvc", "repro")
    assert ran == {f"{stage}@{UNLABELLED}" for stage in PER_SERIES} | {"split", "export"}


def test_a_removed_series_leaves_the_panels_and_runs_only_joins(project):
    project.update({"series": {LABELLED: {"site": "demo", "title": LABELLED, "episodes": "1-2"}}})
    project.update({"export.series": [LABELLED]})
    assert project.stages_of("dvc", "repro") <= JOINS
    assert [path.name for path in (project.root / "data/panels").iterdir()] == [LABELLED]
    assert project.stages_of("dvc", "repro") == set()


def test_deleted_outputs_come_back_from_the_cache_without_a_run(project):
    for output in ("pages", "strips", "bands", "panels", "dataset", "model", "predictions", "exports"):
        shutil.rmtree(project.root / "data" / output)
    project.ok("dvc", "checkout")
    assert project.stages_of("dvc", "repro") == set()
    assert any((project.root / "data/panels").rglob("*.png"))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"cut_rough.min_guter_px": 6}, "unknown key min_guter_px: did you mean 'min_gutter_px'?"),
        ({"split.train": 1.5}, "params.yaml, section 'split': train must be less than 1"),
        ({f"series.{LABELLED}.episodes": ""}, "at least one episode"),
        ({f"series.{LABELLED}.site": "nowhere"}, "nowhere"),
        ({"export.series": ["nobody"]}, "nobody"),
        ({"export.classes": ["hat"]}, "hat"),
    ],
)
def test_a_bad_parameter_is_a_sentence_and_nothing_is_half_written(project, values, sentence):
    project.update(values)
    done = project.run("dvc", "repro")
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    assert list(project.root.rglob("*.partial")) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [('"name": "hair"', '"name": "beard"', "beard"), ('"episode": "2"', '"episode": "77"', "77")],
)
def test_labels_of_an_unknown_class_or_episode_are_named(project, old, new, sentence):
    path = project.root / f"data/labels/{LABELLED}.json"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = project.run("dvc", "repro")
    assert done.returncode != 0
    assert f"{LABELLED}.json" in done.stdout
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout


def test_without_a_browser_crawl_says_what_to_install(project):
    project.update({f"series.{UNLABELLED}.episodes": "1-2"})
    done = project.run("dvc", "repro", env={"TOONSEG_BROWSER": "/nowhere/chromium"})
    assert done.returncode != 0
    assert "/nowhere/chromium" in done.stdout
    assert "Traceback" not in done.stdout
    assert len(list((project.root / f"data/pages/{UNLABELLED}").glob("*.cbz"))) == 1


@pytest.mark.parametrize("stage", [*(f"{stage}@{LABELLED}" for stage in PER_SERIES), *sorted(JOINS)])
def test_ctrl_c_in_a_stage_leaves_nothing_half_and_the_next_repro_goes_on(project, stage):
    interrupted = project.interrupt(stage, "dvc", "repro", "--force", "--single-item", stage)
    assert "stopped by Ctrl-C" in interrupted.stdout
    assert "Traceback" not in interrupted.stdout
    assert list((project.root / "data").rglob("*.partial")) == []
    project.ok("dvc", "repro")
    assert "up to date" in project.ok("dvc", "status", "dvc.yaml")


@pytest.mark.parametrize(
    ("stage", "folder", "free_kb"),
    [
        (f"crawl@{UNLABELLED}", "data/pages", 60),
        (f"link@{UNLABELLED}", "data/strips", 0),
        (f"cut@{UNLABELLED}", "data/panels", 60),
        ("train", "data/checkpoints", 60),
        ("evaluate", "data/predictions", 0),
    ],
)
def test_a_full_disk_is_a_sentence_and_leaves_nothing_half(project, small_disk, stage, folder, free_kb):
    name, _, series = stage.partition("@")
    small_disk(project.root / folder, free_kb)
    done = project.run("python", "-m", f"stages.{name}", *filter(None, [series]))
    assert done.returncode == 1, done.stdout
    assert "no space left on the disk" in done.stdout.lower()
    assert "Traceback" not in done.stdout
    written = [path for path in (project.root / folder).rglob("*") if path.is_file()]
    half = {".partial", ".png", ".csv", ".cbz", ".pt"}  # what the stages write there, if they can
    assert [path for path in written if path.suffix in half or path.name == "test.json"] == []
