"""The validation set: a training is scored on it as it goes, and its best weights may be kept."""

from pathlib import Path
from typing import Any

import pytest
from drawn_dataset import Heard, annotation, draw, tiny, write_dataset

from toonseg.engines.base import Coco, TrainParams, fit, load
from toonseg.engines.model_dir import read_model_card
from toonseg.errors import EngineError
from toonseg.images import decode
from toonseg.metrics.coco import score

COUNT = 6


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Coco]:
    """A folder with pictures, their dataset, and a model that finds the shapes in them."""
    folder = tmp_path_factory.mktemp("learnt")
    coco = write_dataset(folder / "panels", COUNT)
    learn(folder, coco, "start", tiny(iterations=30, batch=3, warmup_iterations=5, checkpoint_every=100))
    return folder, coco


def learn(
    folder: Path,
    train: Coco,
    out: str,
    params: TrainParams,
    val: Coco | None = None,
    heard: Heard | None = None,
) -> Heard:
    heard = heard or Heard()
    places = {"out": folder / out, "checkpoints": folder / "checkpoints" / out}
    fit(train, folder / "panels", params, val=val, watch=heard, **places)
    return heard


def swapped(coco: Coco) -> Coco:
    """The dataset with discs called rectangles and rectangles discs."""
    rows = [{**one, "category_id": 3 - one["category_id"]} for one in coco["annotations"]]
    return {**coco, "annotations": rows}


def unlearning(folder: Path, **changes: Any) -> TrainParams:
    """Parameters by which a model that knows the shapes learns them by the wrong names."""
    values = {"init": str(folder / "start"), "iterations": 12, "learning_rate": 0.0003}
    return tiny(**{**values, "validate_every": 4, "checkpoint_every": 5, "keep": "best", **changes})


def ap_of(model: Path, folder: Path, coco: Coco) -> float:
    """Mask AP of a model directory."""
    pictures = [
        (one["id"], decode((folder / "panels" / one["file_name"]).read_bytes(), "")) for one in coco["images"]
    ]
    ap = score(coco, load(model, "cpu").predict(pictures, 0.05), "segm").overall.ap
    assert ap is not None
    return ap


@pytest.fixture(scope="module")
def heard(learnt: tuple[Path, Coco]) -> Heard:
    """Who watched the training of the model ``best``, which unlearnt the names of the shapes."""
    folder, coco = learnt
    return learn(folder, swapped(coco), "best", unlearning(folder), val=coco)


def test_the_best_weights_are_kept_and_the_card_tells_which(learnt: tuple[Path, Coco], heard: Heard) -> None:
    folder, coco = learnt
    assert [iteration for iteration, _ in heard.scores] == [4, 8, 12]
    iteration, ap = max(heard.scores, key=lambda pair: pair[1])
    assert ap > heard.scores[-1][1] + 20  # the names were unlearnt after it
    assert read_model_card(folder / "best")["kept"] == {"iteration": iteration, "validation_ap": ap}
    assert ap_of(folder / "best", folder, coco) == pytest.approx(ap)


def test_the_last_weights_are_kept_where_they_are_asked_for_and_no_look_changes_them(
    learnt: tuple[Path, Coco],
) -> None:
    folder, coco = learnt
    heard = learn(folder, coco, "last", tiny(), val=coco)
    learn(folder, coco, "unseen", tiny())

    assert read_model_card(folder / "last")["kept"] == {"iteration": 6, "validation_ap": heard.scores[-1][1]}
    weights = [(folder / name / "model.safetensors").read_bytes() for name in ("last", "unseen")]
    assert weights[0] == weights[1]


def test_a_training_stopped_between_looks_goes_on_to_the_same_best(
    learnt: tuple[Path, Coco], heard: Heard
) -> None:
    folder, coco = learnt

    class Stop(Heard):
        """A Watcher that presses Ctrl-C after the first checkpoint that knows a score."""

        def step(self, step: Any) -> None:
            """Remember it, or stop."""
            super().step(step)
            if step.iteration == 7:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(folder, swapped(coco), "stopped", unlearning(folder), val=coco, heard=Stop())
    again = learn(folder, swapped(coco), "stopped", unlearning(folder), val=coco)
    assert again.notes[-1].startswith("training goes on after iteration 5, from")
    assert again.scores == heard.scores
    for name in ("model.json", "model.safetensors"):
        assert (folder / "stopped" / name).read_bytes() == (folder / "best" / name).read_bytes()


def test_a_checkpoint_that_was_validated_on_other_pictures_is_not_used(learnt: tuple[Path, Coco]) -> None:
    folder, coco = learnt
    less = {**coco, "images": coco["images"][:2], "annotations": coco["annotations"][:4]}

    class Stop(Heard):
        """A Watcher that presses Ctrl-C."""

        def step(self, step: Any) -> None:
            """Stop at the third step."""
            if step.iteration == 3:
                raise KeyboardInterrupt

    params = tiny(iterations=4, keep="best")
    with pytest.raises(KeyboardInterrupt):
        learn(folder, coco, "moved", params, val=coco, heard=Stop())
    assert "training starts anew" in learn(folder, coco, "moved", params, val=less).notes[0]


def test_the_best_weights_without_a_validation_set_are_refused(learnt: tuple[Path, Coco]) -> None:
    folder, coco = learnt
    for val in (None, {**coco, "images": [], "annotations": []}):
        with pytest.raises(EngineError, match=r"train\.keep is best, and there is no validation set"):
            learn(folder, coco, "none", tiny(keep="best"), val=val)


def test_a_validation_set_that_cannot_be_scored_is_refused_before_the_first_step(
    learnt: tuple[Path, Coco],
) -> None:
    folder, coco = learnt
    heard = Heard()
    other = {**coco, "categories": [{"id": 1, "name": "disc"}, {"id": 2, "name": "star"}]}
    with pytest.raises(EngineError, match="classes are disc, star, and the training set's disc, rectangle"):
        learn(folder, coco, "none", tiny(), val=other, heard=heard)
    ignored = [annotation(1, 1, 1, draw(1)[1][0][1], iscrowd=1)]
    with pytest.raises(EngineError, match="validation set holds no instance to find"):
        learn(folder, coco, "none", tiny(), val={**coco, "annotations": ignored}, heard=heard)
    assert not heard.steps


@pytest.mark.parametrize(
    ("change", "fault", "cure", "cure_in_dvc"),
    [
        ({"file_name": "gone.png"}, "is in the validation set but does not exist", "see to --images", ""),
        (
            {"width": 130},
            "is 128 x 96 pixels, and the validation set says 130 x 96",
            "see to --images",
            " split",
        ),
    ],
)
def test_a_validation_picture_that_does_not_fit_says_what_to_do_in_a_project_of_dvc_and_outside(
    tmp_path: Path, change: dict[str, Any], fault: str, cure: str, cure_in_dvc: str
) -> None:
    train = write_dataset(tmp_path / "panels", 2)
    val = {**train, "images": [{**train["images"][0], **change}], "annotations": train["annotations"][:2]}
    heard = Heard()
    with pytest.raises(EngineError, match=f"{fault}: {cure}$"):
        learn(tmp_path, train, "none", tiny(), val=val, heard=heard)
    (tmp_path / "dvc.yaml").touch()
    with pytest.raises(EngineError, match=f"{fault}: run `dvc repro{cure_in_dvc}`$"):
        learn(tmp_path, train, "none", tiny(), val=val, heard=heard)
    assert not heard.steps
    assert not (tmp_path / "none").exists()
