"""A place that will not do is refused before the work begins, in a sentence and with nothing written."""

import json
import os

import pytest
from drawn_dataset import VALUES, tiny, write_dataset
from ruamel.yaml import YAML

from toonseg.cli import main
from toonseg.engines.outside_fit import FitOrder, run_fit
from toonseg.engines.places import check_above, drop_curves
from toonseg.errors import ToonsegError


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder to work in, with pictures, their dataset and params.yaml; paths are relative to it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.json").write_text(json.dumps(write_dataset(tmp_path / "pictures", 2)))
    (tmp_path / "results.json").write_text("[]")
    write_params(tmp_path, {"train": {**VALUES, "iterations": 2}})
    return tmp_path


def write_params(folder, document):
    with (folder / "params.yaml").open("w") as file:
        YAML().dump(document, file)


def rename(work, name):
    """Give the first picture another name in the dataset."""
    coco = json.loads((work / "train.json").read_text())
    coco["images"][0]["file_name"] = name
    (work / "other.json").write_text(json.dumps(coco))


FIT = ["fit", "--train", "train.json", "--images", "pictures"]
PREDICT = ["predict", "model", "pictures"]
SCORE = ["score", "--truth", "train.json", "--results", "results.json"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([*FIT, "--out", "train.json/model"], "train.json is a file, so train.json/model cannot be below"),
        ([*FIT, "--out", "train.json"], "train.json is there and is no model directory"),
        ([*FIT, "--out", "model", "--params", "pictures"], "--params pictures: there is no such file"),
        ([*FIT, "--out", "model", "--val", "none.json"], "none.json does not exist: give a JSON file"),
        ([*PREDICT, "--out", "pictures"], "pictures is a folder: name a file in it"),
        ([*PREDICT, "--out", "train.json/r.json"], "so train.json/r.json cannot be below it"),
        ([*PREDICT, "--out", "r.json", "--overlay", "train.json"], "train.json is a file: name a folder"),
        ([*PREDICT, "--out", "r.json", "--overlay", "pictures/looks"], "would write among the pictures"),
        (["predict", "train.json", "pictures", "--out", "r.json"], "train.json is a file: give the folder"),
        ([*SCORE, "--json", "pictures"], "pictures is a folder: name a file in it"),
        ([*SCORE, "--csv", "train.json"], "train.json is a file: name a folder"),
    ],
)
def test_a_place_that_will_not_do_is_named(work, capsys, arguments, sentence):
    before = sorted(work.rglob("*"))

    assert main(arguments) == 1
    assert sentence in capsys.readouterr().err
    assert sorted(work.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("drawn", "pictures/drawn is in the training set but is a folder: see to --images"),
        ("drawn/1/000001-0000.png/x.png", "is in the training set but does not exist"),
        ("a" * 300, "is in the training set but does not exist"),
        ("a\0b", "is in the training set but does not exist"),
    ],
)
def test_a_picture_that_is_no_file_is_named(work, capsys, name, fault):
    rename(work, name)

    assert main(["fit", "--train", "other.json", "--images", "pictures", "--out", "model"]) == 1
    assert fault in capsys.readouterr().err


def test_a_missing_picture_to_validate_on_is_named_before_the_training(work, capsys):
    rename(work, "gone.png")

    assert main([*FIT, "--out", "model", "--val", "other.json"]) == 1
    assert "pictures/gone.png is in the validation set but does not exist: see to --images" in (
        capsys.readouterr().err
    )


def test_params_of_another_project_are_said_to_be_so(work, capsys):
    write_params(work, {"train": {"lr": 0.1}})
    assert main([*FIT, "--out", "model"]) == 1
    assert "if that file is another project's, name toonseg's with --params" in capsys.readouterr().err

    write_params(work, {"lr": 0.1})
    assert main([*FIT, "--out", "model"]) == 1
    assert "no section 'train' (there is: lr); if that file is another" in capsys.readouterr().err


def test_an_empty_folder_and_a_link_to_one_take_a_model(work):
    (work / "disk/model").mkdir(parents=True)
    (work / "model").symlink_to("disk/model")

    assert main([*FIT, "--out", "model"]) == 0
    assert (work / "model").is_symlink()
    assert (work / "disk/model/model.json").exists()
    assert (work / "disk/model/curves/loss.tsv").exists()
    assert [path.name for path in (work / "disk").iterdir()] == ["model"]


def test_a_folder_without_the_right_to_write_is_named(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)
    if os.access(tmp_path / "closed", os.W_OK):
        pytest.skip("who runs this, root say, may write anywhere")
    with pytest.raises(ToonsegError, match="closed cannot be written to: name a place other than"):
        check_above(tmp_path / "closed/model")


def test_curves_are_dropped_where_nothing_can_go_on(tmp_path):
    drop_curves(tmp_path / "never begun")
    for name in ("idle", "begun"):
        (tmp_path / name / "live").mkdir(parents=True)
    (tmp_path / "begun/last.pt").write_bytes(b"state")
    drop_curves(tmp_path / "idle")
    drop_curves(tmp_path / "begun")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["begun"]
    assert (tmp_path / "begun/live").is_dir()


def order(work, **values):
    """An order of the training set of ``work``."""
    return FitOrder(work / "train.json", None, work / "pictures", work / "model", values, (), None)


def test_a_warm_up_that_takes_most_of_a_training_is_told(work):
    *_, told = run_fit(order(work, iterations=20, warmup_iterations=11), dry=True).splitlines()
    assert told.startswith(
        "the learning rate rises for 11 iterations, of 20 in all: --set warmup_iterations=2 "
    )
    *_, told = run_fit(order(work, iterations=20, warmup_iterations=10), dry=True).splitlines()
    assert told.startswith("memory")


def test_a_training_that_sees_pictures_less_than_a_few_times_says_so(work, capsys):
    assert tiny().batch == 2
    assert "seen" not in run_fit(order(work, iterations=3, warmup_iterations=0), dry=True).splitlines()[-1]
    assert run_fit(order(work, iterations=2, warmup_iterations=0), dry=True).endswith(
        "each of 2 pictures is seen 2.0 times, which is little: --set iterations=10 makes that 10"
    )
    assert "each of 2 pictures" not in capsys.readouterr().err
    run_fit(order(work, iterations=1, warmup_iterations=0), dry=False)
    assert "train: each of 2 pictures is seen 1.0 times" in capsys.readouterr().err
