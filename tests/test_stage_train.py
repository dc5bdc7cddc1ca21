"""The stage train: files in, files out, one summary line."""

import json
from pathlib import Path
from typing import Any

import pytest
from drawn_dataset import VALUES, write_dataset
from ruamel.yaml import YAML

from stages.train import main
from toonseg.errors import EngineError, ToonsegError
from toonseg.store import write_json


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with panels, a training set and parameters; the current folder."""
    monkeypatch.chdir(tmp_path)
    train = write_dataset(Path("data/panels"), 3)
    write_json(Path("data/dataset/train.json"), train)
    write_json(Path("data/dataset/val.json"), {**train, "images": [], "annotations": []})
    write_params()
    return tmp_path


def write_params(**changes: Any) -> None:
    YAML().dump({"train": {**VALUES, **changes}}, Path("params.yaml"))


def outputs() -> dict[str, bytes]:
    folders = [Path("data/model"), Path("plots"), Path("metrics")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in sorted(files)}


def test_training_writes_model_curves_and_losses(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = main()
    assert summary.startswith("6 iterations, loss ")
    assert summary.endswith(" min")
    assert sorted(outputs()) == [
        "data/model/README.md",
        "data/model/model.json",
        "data/model/model.safetensors",
        "metrics/train.json",
        *sorted(
            f"plots/train/{name}.tsv"
            for name in (
                "learning_rate",
                "loss",
                "loss_box_reg",
                "loss_classifier",
                "loss_mask",
                "loss_objectness",
                "loss_rpn_box_reg",
            )
        ),
    ]
    header, *points = Path("plots/train/loss.tsv").read_text().splitlines()
    assert header == "step\tloss"
    assert [point.split("\t")[0] for point in points] == ["2", "4", "6"]
    losses = json.loads(Path("metrics/train.json").read_text())
    assert losses["loss"] == pytest.approx(float(points[-1].split("\t")[1]), abs=1e-3)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("train: iteration")]
    assert [line.split(",")[0] for line in lines] == [f"train: iteration {i} of 6" for i in (2, 4, 6)]
    assert "min left" in lines[1]


def test_a_run_that_was_stopped_ends_with_the_bytes_of_one_that_was_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main()
    undisturbed = outputs()
    panel = Path("data/panels/drawn/1/000001-0000.png")
    assert str(project) not in "".join(str(value) for value in undisturbed.values())
    write_params(iterations=7)  # so that nothing of the first run is taken for the second
    main()
    assert outputs() != undisturbed
    write_params()
    main()
    assert outputs() == undisturbed
    panel.unlink()
    with pytest.raises(EngineError, match=r"^data/panels/drawn/1/000001-0000.png is in the training set"):
        main()
    assert outputs() == undisturbed


def test_a_validation_set_adds_a_curve_and_lines_that_tell_its_score(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("data/dataset/val.json").write_bytes(Path("data/dataset/train.json").read_bytes())
    main()
    header, *points = Path("plots/train/validation_ap.tsv").read_text().splitlines()
    assert header == "step\tvalidation_ap"
    assert [point.split("\t")[0] for point in points] == ["3", "6"]
    score = float(points[-1].split("\t")[1])
    assert f"mask AP {score:.1f} on the validation set" in capsys.readouterr().out
    assert json.loads(Path("data/model/model.json").read_text())["kept"]["validation_ap"] == score


def test_without_a_training_set_it_says_what_to_run(project: Path) -> None:
    Path("data/dataset/train.json").unlink()
    with pytest.raises(ToonsegError, match=r"data/dataset/train.json does not exist: run `dvc repro`"):
        main()
