"""`toonseg fit`, `predict` and `score` from the command line, without DVC."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_dataset import VALUES, draw, write_dataset
from PIL import Image
from ruamel.yaml import YAML

from toonseg.cli import main, make_parser
from toonseg.images import encode

CLASSES = ["disc", "rectangle"]
FOUND = {"image_id": 10, "category_id": 0, "segmentation": [[1, 1, 9, 1, 9, 9, 1, 9]], "score": 0.5}


def foreign(coco):
    """The dataset as another tool might number it: ids from 0 and with gaps, no iscrowd."""
    return {
        "images": [{**image, "id": 10 * image["id"]} for image in coco["images"]],
        "annotations": [
            {
                "id": at,
                "image_id": 10 * one["image_id"],
                "category_id": one["category_id"] - 1,
                "segmentation": one["segmentation"],
            }
            for at, one in enumerate(coco["annotations"])
        ],
        "categories": [{"id": 0, "name": "disc"}, {"id": 1, "name": "rectangle"}],
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with pictures, their dataset, params.yaml, and a model that finds the shapes."""
    root = tmp_path_factory.mktemp("outside")
    (root / "train.json").write_text(json.dumps(foreign(write_dataset(root / "pictures", 8))))
    values = {**VALUES, "iterations": 40, "batch": 3, "warmup_iterations": 5, "checkpoint_every": 100}
    with (root / "params.yaml").open("w") as file:
        YAML().dump({"train": values}, file)
    assert main(fit(root, root / "model")) == 0
    return root


def fit(root, out, *more):
    return [
        "fit",
        *("--train", str(root / "train.json")),
        *("--images", str(root / "pictures")),
        *("--out", str(out)),
        *("--params", str(root / "params.yaml")),
        *more,
    ]


def failing(arguments, capsys):
    """The sentence of a command that must fail."""
    capsys.readouterr()
    assert main(arguments) == 1
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if line.startswith("error: ")]) == 1
    return said[-1]


def test_a_model_that_was_fitted_predicts_and_scores(trained, tmp_path, capsys):
    results, scores = tmp_path / "r.json", tmp_path / "s.json"
    assert not list(trained.glob(".*"))  # no checkpoint is left
    assert (trained / "model/curves/loss.tsv").read_text().startswith("step\tloss\n2\t")

    predict = ["predict", str(trained / "model"), str(trained / "pictures"), "--out", str(results)]
    assert main([*predict, "--score", "0.05", "--overlay", str(tmp_path / "looks")]) == 0
    found = json.loads(results.read_text())
    names = {one["file_name"] for one in found}
    assert names <= {f"drawn/1/{number:06d}-0000.png" for number in range(1, 9)}
    assert {one["category"] for one in found} == set(CLASSES)
    assert all(one["score"] >= 0.05 for one in found)
    assert Image.open(tmp_path / "looks/drawn/1/000001-0000.png").size == (128, 96)

    score = ["score", "--truth", str(trained / "train.json"), "--results", str(results)]
    assert main([*score, "--json", str(scores), "--csv", str(tmp_path / "csv")]) == 0
    assert json.loads(scores.read_text())["segm"]["AP50"] > 60
    assert sorted(path.name for path in (tmp_path / "csv").iterdir()) == [
        "classes.csv",
        "confusion.csv",
        "counts.csv",
        "errors.csv",
        "precision_recall.csv",
        "scores.csv",
    ]
    said = capsys.readouterr().out
    assert "AP50 of masks would gain" in said
    assert "predict with --score 0.05" not in said
    assert main([*score, "--fast", "--json", str(tmp_path / "fast.json")]) == 0
    assert (tmp_path / "fast.json").read_bytes() == scores.read_bytes()


def test_the_default_score_keeps_sure_ones_and_scoring_them_says_so(trained, tmp_path, capsys):
    picture = trained / "pictures/drawn/1/000001-0000.png"
    assert main(["predict", str(trained / "model"), str(picture), "--out", str(tmp_path / "r.json")]) == 0
    found = json.loads((tmp_path / "r.json").read_text())

    assert found
    assert all(one["score"] >= 0.5 and one["file_name"] == picture.name for one in found)
    main(["score", "--truth", str(trained / "train.json"), "--results", str(tmp_path / "r.json")])
    assert "predict with --score 0.05" in capsys.readouterr().out


def test_a_dry_run_tells_size_time_and_memory_and_writes_nothing(trained, tmp_path, capsys):
    assert main(fit(trained, tmp_path / "model", "--dry-run", "--set", "iterations=1000")) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())

    assert list(lines) == ["images", "instances", "steps", "time", "memory"]
    assert lines["images"] == "8"
    assert lines["instances"] == "16 of 2 classes"
    assert lines["steps"] == "1000 of 3 images: each is seen 375.0 times"
    assert "min on cpu" in lines["time"]
    assert lines["memory"].endswith("enough")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("change", "more", "sentence"),
    [
        (None, ["--val", "none.json"], "none.json does not exist"),
        (None, ["--set", "keep=best"], "there is no validation set to tell it by"),
        ({"images": [], "annotations": []}, [], r"--val \S+val\.json holds no picture: name another"),
        ({"annotations": []}, [], r"--val \S+val\.json holds no instance to find"),
        ({"categories": [{"id": 0, "name": "hat"}, {"id": 1, "name": "tie"}]}, [], "lacks: hat, tie"),
    ],
)
def test_a_dry_run_refuses_the_validation_sets_that_the_training_refuses(
    trained, tmp_path, capsys, change, more, sentence, dry
):
    if change:
        document = {**json.loads((trained / "train.json").read_text()), **change}
        (tmp_path / "val.json").write_text(json.dumps(document))
        more = ["--val", str(tmp_path / "val.json")]
    assert re.search(sentence, failing(fit(trained, tmp_path / "model", *more, *dry), capsys))
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--set", "iteration=5"], "unknown key iteration: did you mean 'iterations'?"),
        (["--set", "iterations"], "--set iterations: write it as KEY=VALUE"),
        (["--set", "batch=[2"], "--set batch=\\[2: '\\[2' is no value"),
        (["--set", "=5"], "--set =5: write it as KEY=VALUE"),
        (["--set", "heads=renw"], "heads should be 'keep' or 'renew', got 'renw'"),
        (["--profile", "huge"], "engine torchvision has no profile 'huge'"),
        (["--init", "nowhere"], "train.init is 'nowhere'"),
        (["--train", "none.json"], "none.json does not exist"),
        (["--images", "none"], "none/drawn/1/000001-0000.png is in the training set but does not exist"),
        (["--params", "none.yaml"], "--params none.yaml: there is no such file"),
    ],
)
def test_what_cannot_be_fitted_is_said_in_a_sentence(trained, tmp_path, capsys, more, sentence):
    assert re.search(sentence, failing(fit(trained, tmp_path / "model", *more), capsys))
    assert list(tmp_path.iterdir()) == []  # no curves of a training that never began either


def test_an_engine_that_is_not_there_is_said_by_the_name_of_its_option(trained, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(fit(trained, tmp_path / "model", "--engine", "foo"))
    assert "argument --engine: invalid choice: 'foo'" in capsys.readouterr().err


def test_a_dataset_without_categories_is_named(trained, tmp_path, capsys):
    document = {**json.loads((trained / "train.json").read_text()), "categories": [], "annotations": []}
    (tmp_path / "t.json").write_text(json.dumps(document))
    said = failing(fit(trained, tmp_path / "model", "--train", str(tmp_path / "t.json")), capsys)
    assert f"--train {tmp_path / 't.json'} has no categories: name the classes" in said


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"images": [], "annotations": []}, "picture"), ({"annotations": []}, "instance to find")],
)
def test_a_dataset_with_nothing_to_learn_is_named(trained, tmp_path, capsys, change, fault):
    place = tmp_path / "t.json"
    place.write_text(json.dumps({**json.loads((trained / "train.json").read_text()), **change}))
    said = failing(fit(trained, tmp_path / "model", "--train", str(place)), capsys)
    assert said == f"error: --train {place} holds no {fault}: name another dataset"
    assert list(tmp_path.iterdir()) == [place]


def test_a_folder_that_is_no_model_is_not_overwritten(trained, tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")

    assert "is no model directory: choose another --out" in failing(fit(trained, tmp_path), capsys)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("none", "none does not exist"),
        ("empty", "no picture in"),
        ("broken/x.png", "1 of 1 pictures cannot be used: "),
    ],
)
def test_what_cannot_be_predicted_is_said_in_a_sentence(trained, tmp_path, capsys, place, sentence):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/x.png").write_bytes(b"no picture")
    (tmp_path / "empty/.w.png").write_bytes(encode(draw(1)[0], "png", 100))
    out = tmp_path / "r.json"

    arguments = ["predict", str(trained / "model"), str(tmp_path / place), "--out", str(out)]
    assert sentence in failing(arguments, capsys)
    assert not out.exists()


def test_damaged_pictures_are_named_and_the_others_predicted(trained, tmp_path, capsys):
    folder, looks, out = tmp_path / "pictures", tmp_path / "looks", tmp_path / "r.json"
    folder.mkdir()
    whole = encode(draw(1)[0], "png", 100)
    for name, data in (("a", b"no picture"), ("b", whole), ("c", whole[:-20]), (".d", b"hidden")):
        (folder / f"{name}.png").write_bytes(data)

    arguments = ["predict", str(trained / "model"), str(folder), "--out", str(out), "--overlay", str(looks)]
    said = failing(arguments, capsys)
    assert said.startswith(f"error: 2 of 3 pictures cannot be used, {out} holds the others: ")
    assert "a.png is no JPEG" in said
    assert "c.png is cut off" in said
    assert {one["file_name"] for one in json.loads(out.read_text())} == {"b.png"}
    assert [path.name for path in looks.iterdir()] == ["b.png"]


def test_pictures_that_only_suffixes_tell_apart_get_an_overlay_each(trained, tmp_path):
    pictures, looks = tmp_path / "pictures", tmp_path / "looks"
    pictures.mkdir()
    for name, number in (("a.png", 1), ("a.jpg", 2), ("b.png", 3)):
        (pictures / name).write_bytes(encode(draw(number)[0], name[-3:], 90))

    places = [str(pictures), "--out", str(tmp_path / "r.json"), "--overlay", str(looks)]
    assert main(["predict", str(trained / "model"), *places]) == 0
    assert sorted(path.name for path in looks.iterdir()) == ["a.jpg.png", "a.png.png", "b.png"]


@pytest.mark.parametrize("place", ["pictures", "pictures/a.png"])
def test_no_overlay_is_written_over_a_picture(trained, tmp_path, capsys, place):
    (tmp_path / "pictures").mkdir()
    picture = tmp_path / "pictures/a.png"
    picture.write_bytes(encode(draw(1)[0], "png", 100))
    before = picture.read_bytes()

    places = [str(tmp_path / place), "--out", str(tmp_path / "r.json"), "--overlay", str(picture.parent)]
    assert "would write among the pictures" in failing(["predict", str(trained / "model"), *places], capsys)
    assert picture.read_bytes() == before


def test_no_output_is_written_over_an_input(trained, tmp_path, capsys):
    picture, truth, results = tmp_path / "a.png", tmp_path / "t.json", tmp_path / "scores.csv"
    picture.write_bytes(encode(draw(1)[0], "png", 100))
    truth.write_bytes((trained / "train.json").read_bytes())
    results.write_text("[]")
    (tmp_path / "same.json").hardlink_to(truth)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    model = trained / "model"

    for out in (picture, model / "model.json", model / "model.safetensors"):
        said = failing(["predict", str(model), str(picture), "--out", str(out)], capsys)
        assert f"--out would write over {out}, which is read" in said
    score = ["score", "--truth", str(truth), "--results", str(results)]
    assert f"--json would write over {truth}" in failing(
        [*score, "--json", str(tmp_path / "same.json")], capsys
    )
    assert f"--csv would write over {results}" in failing([*score, "--csv", str(tmp_path)], capsys)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_picture_that_is_given_twice_is_predicted_once(trained, tmp_path, capsys):
    folder = trained / "pictures/drawn"
    (tmp_path / "link").symlink_to(folder)
    picture = str(folder / "1/000001-0000.png")
    for places, count in (([picture, picture], 1), ([str(folder), picture, str(tmp_path / "link/1")], 8)):
        arguments = ["predict", str(trained / "model"), *places, "--out", str(tmp_path / "r.json")]
        assert main(arguments) == 0
        assert f"{count} pictures" in capsys.readouterr().out


def test_two_pictures_of_one_name_are_refused(trained, tmp_path, capsys):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.png").write_bytes(encode(draw(1)[0], "png", 100))
    places = [str(tmp_path / "a"), str(tmp_path / "b")]

    arguments = ["predict", str(trained / "model"), *places, "--out", str(tmp_path / "r.json")]
    assert "have one name: give a folder above both" in failing(arguments, capsys)


@pytest.mark.parametrize(
    ("truth", "results", "sentence"),
    [
        ({}, [{"image_id": 5, "category_id": 0}], "is of image 5, which the truth does not hold"),
        ({}, [{**FOUND, "score": float("nan")}], "result 1 has the score nan"),
        ({"images": [], "annotations": []}, [], "t.json holds no picture: name a labelled dataset"),
        ({"annotations": []}, [], "t.json holds no instance to find: name a labelled dataset"),
    ],
)
def test_what_cannot_be_scored_is_said_in_a_sentence(trained, tmp_path, capsys, truth, results, sentence):
    document = {**json.loads((trained / "train.json").read_text()), **truth}
    (tmp_path / "t.json").write_text(json.dumps(document))
    (tmp_path / "r.json").write_text(json.dumps(results))

    arguments = ["score", "--truth", str(tmp_path / "t.json"), "--results", str(tmp_path / "r.json")]
    assert sentence in failing(arguments, capsys)


@pytest.mark.parametrize(("least", "kept"), [([], 1), (["--count-score", "0.6"], 0)])
def test_what_is_counted_begins_at_the_count_score(trained, tmp_path, least, kept):
    (tmp_path / "r.json").write_text(json.dumps([FOUND]))
    files = ["--truth", str(trained / "train.json"), "--results", str(tmp_path / "r.json")]

    assert main(["score", *files, "--json", str(tmp_path / "s.json"), *least]) == 0
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores["kept"]["predicted"] == kept
    assert scores["kept"]["score"] == (0.6 if least else 0.5)
    assert set(scores["boundary"]["class"]) == set(CLASSES)


@pytest.mark.parametrize("command", ["fit", "predict", "score"])
def test_every_argument_is_explained(command):
    commands = next(one for one in make_parser()._actions if isinstance(one.choices, dict))
    assert all(action.help for action in commands.choices[command]._actions)


@pytest.mark.parametrize("value", ["2", "nan", "half"])
def test_a_score_that_is_no_share_is_refused(capsys, value):
    with pytest.raises(SystemExit):
        main(["predict", "model", "x.png", "--out", "r.json", "--score", value])
    assert f"must be from 0 to 1, got {value}" in capsys.readouterr().err


def test_the_commands_cost_no_heavy_import():
    heavy = "{'torch', 'numpy', 'cv2'}"
    code = f"import sys, toonseg.cli; toonseg.cli.make_parser(); sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def run(*command, cwd):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.all
@pytest.mark.timeout(1800)
def test_a_fit_killed_at_any_step_goes_on_to_the_same_bytes(trained, tmp_path):
    more = ["--set", "iterations=9", "--set", "checkpoint_every=2", "--set", "log_every=1"]
    assert run("-m", "toonseg", *fit(trained, tmp_path / "whole", *more), cwd=tmp_path).returncode == 0
    for at in (1, 4, 7):
        command = [sys.executable, "-u", "-m", "toonseg", *fit(trained, tmp_path / "killed", *more)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment)
        for line in child.stdout:
            if line.startswith(f"train: iteration {at} "):
                break
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert not (tmp_path / "killed").exists()
    assert run("-m", "toonseg", *fit(trained, tmp_path / "killed", *more), cwd=tmp_path).returncode == 0
    for name in ("model.json", "model.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()


@pytest.mark.all
@pytest.mark.timeout(1800)
def test_two_processes_lose_what_one_does(trained, tmp_path):
    more = ["--set", "iterations=3", "--set", "batch=2", "--set", "log_every=1"]
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29617"]
    one = run("-m", "toonseg", *fit(trained, tmp_path / "one", *more), cwd=tmp_path)
    two = run(*torchrun, "-m", "toonseg", *fit(trained, tmp_path / "two", *more), cwd=tmp_path)
    assert (one.returncode, two.returncode) == (0, 0), two.stderr

    def curve(model, name):
        rows = (tmp_path / model / f"curves/{name}.tsv").read_text().splitlines()[1:]
        return [float(row.split("\t")[1]) for row in rows]

    # Each process draws its own regions and has its own norms; what anchors lose hangs on neither much.
    assert curve("two", "loss_objectness") == pytest.approx(curve("one", "loss_objectness"), rel=0.02)
    assert sum(curve("two", "loss")) == pytest.approx(sum(curve("one", "loss")), rel=0.25)

    dry = run(*torchrun, "-m", "toonseg", *fit(trained, tmp_path / "dry", *more, "--dry-run"), cwd=tmp_path)
    assert dry.returncode == 0, dry.stderr
    told = [line.split()[0] for line in dry.stdout.splitlines()]
    assert told[:5] == ["images", "instances", "steps", "time", "memory"]
    assert told.count("images") == 1

    odd = run(*torchrun, "-m", "toonseg", *fit(trained, tmp_path / "odd", "--set", "batch=3"), cwd=tmp_path)
    assert "train.batch is 3 for 2 processes: make it a multiple" in odd.stderr


@pytest.mark.all
@pytest.mark.timeout(1800)
def test_a_batch_that_memory_does_not_hold_says_which_would_fit(trained, tmp_path):
    done = run("-c", _LITTLE_MEMORY, str(trained), str(tmp_path / "model"), cwd=Path(__file__).parent)
    said = re.search(
        r"cpu ran out of memory: a batch of (\d+) would fit: lower train.batch \(128\)", done.stdout
    )

    assert said, done.stderr
    assert int(said[1]) in (1, 2, 4, 8, 16, 32, 64)
    assert not (tmp_path / "model").exists()


_LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
import torchvision
from drawn_dataset import Heard, tiny
from toonseg.coco_files import read_dataset
from toonseg.engines.base import fit
from toonseg.errors import EngineError

root, out = map(Path, sys.argv[1:])
size = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (size * 1024 + 2_500_000_000,) * 2)
params = tiny(batch=128, short_side_px=384, long_side_px=512, scale_max=1.0)
train = read_dataset(root / "train.json").coco
try:
    fit(train, root / "pictures", params, out=out, checkpoints=out.with_name("state"), watch=Heard())
except EngineError as error:
    print(error)
"""
