"""The engine detectron2, and Detectron2's weights in torchvision's model, against the real Detectron2."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from drawn_dataset import CLASSES, Heard, draw, tiny, write_dataset

from toonseg.engines.base import fit, load, rehearse
from toonseg.engines.model_dir import read_model_card
from toonseg.engines.start import build, read_start, started
from toonseg.errors import EngineError
from toonseg.metrics.coco import score

pytest.importorskip("detectron2", reason="Detectron2 is not installed: docs/detectron2.md")


def their(**changes: Any) -> Any:
    """Parameters of a training by Detectron2 that takes seconds."""
    values = {"engine": "detectron2", "profile": "base", "iterations": 4, "learning_rate": 0.001}
    return tiny(**{**values, **changes})


def learn(
    folder: Path, train: dict[str, Any], out: str, heard: Heard, val: Any = None, **changes: Any
) -> None:
    places = {"out": folder / out, "checkpoints": folder / "checkpoints" / out}
    fit(train, folder / "panels", their(**changes), val=val, watch=heard, **places)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with pictures and a model of them by Detectron2."""
    folder = tmp_path_factory.mktemp("detectron2")
    train = write_dataset(folder / "panels", 4)
    learn(folder, train, "model", Heard())
    return folder, train


def their_model(seed: int) -> Any:
    """Detectron2's R50-FPN as its zoo has it, with weights that are not all alike."""
    from detectron2.modeling import build_model

    from toonseg.engines.zoo import config_of

    cfg = config_of(their(init="zoo", short_side_px=96, long_side_px=128), 2, "cpu")
    torch.manual_seed(seed)
    model = build_model(cfg).eval()
    with torch.no_grad():
        for name, value in model.state_dict().items():  # activations of about 1, scores that differ
            if name.endswith("stem.conv1.norm.weight"):
                value.fill_(0.02)
            elif name.endswith("conv3.norm.weight"):
                value.fill_(0.2)
            elif name.endswith(
                ("cls_score.weight", "mask_head.predictor.weight", "logits.weight", "deltas.weight")
            ):
                value.mul_(20)
        model.roi_heads.box_predictor.test_score_thresh = 0.0
    return model


def test_detectron2s_weights_find_the_same_in_torchvisions_model(tmp_path: Path) -> None:
    theirs = their_model(1)
    torch.save({"model": theirs.state_dict()}, tmp_path / "theirs.pth")
    start = read_start(tiny(profile="base", init=str(tmp_path / "theirs.pth")))
    ours = build("base", 2, start.structure).eval()
    started(ours, start, list(CLASSES), tiny(profile="base"))
    ours.roi_heads.score_thresh = 0.0
    picture = draw(1)[0]
    bgr = torch.from_numpy(np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1)).astype(np.float32))
    with torch.inference_mode():
        seen = ours.backbone(ours.transform([torch.from_numpy(picture).permute(2, 0, 1) / 255])[0].tensors)
        images = theirs.preprocess_image([{"image": bgr}])
        wanted = theirs.backbone(images.tensor)
        found = ours([torch.from_numpy(picture).permute(2, 0, 1) / 255])[0]
        same = theirs.inference([{"image": bgr}], do_postprocess=False)[0]
    for level, name in zip(("0", "1", "2", "3", "pool"), ("p2", "p3", "p4", "p5", "p6"), strict=True):
        scale = wanted[name].abs().max()
        assert (seen[level] - wanted[name]).abs().max() < 1e-4 * scale
    count = 20
    assert len(same) >= count
    assert torch.allclose(found["scores"][:count], same.scores[:count], atol=1e-3)
    assert torch.allclose(found["boxes"][:count], same.pred_boxes.tensor[:count], atol=0.1)
    assert torch.equal(found["labels"][:count], same.pred_classes[:count] + 1)
    assert torch.allclose(found["masks"][:count], same.pred_masks[:count], atol=1e-2)


def test_the_same_training_gives_the_same_bytes_and_losses_are_told(trained: tuple[Path, Any]) -> None:
    folder, train = trained
    heard = Heard()
    learn(folder, train, "again", heard)

    assert [step.iteration for step in heard.steps] == [1, 2, 3, 4]
    assert heard.steps[0].losses["loss"] == pytest.approx(
        sum(value for name, value in heard.steps[0].losses.items() if name != "loss"), abs=1e-3
    )
    for name in ("model.json", "model.safetensors", "README.md"):
        assert (folder / "again" / name).read_bytes() == (folder / "model" / name).read_bytes()
    assert str(folder) not in (folder / "model/model.json").read_text()


class Stop(Heard):
    """A Watcher that ends the training after three steps."""

    def step(self, step: Any) -> None:
        """Remember it, and stop."""
        super().step(step)
        if step.iteration == 3:
            raise KeyboardInterrupt


def test_a_training_that_was_stopped_goes_on_to_the_same_bytes(trained: tuple[Path, Any]) -> None:
    folder, train = trained
    with pytest.raises(KeyboardInterrupt):
        learn(folder, train, "stopped", Stop())
    heard = Heard()
    learn(folder, train, "stopped", heard)

    assert heard.notes[0].startswith("training goes on after iteration 2, from")
    assert [step.replayed for step in heard.steps] == [True, True, False, False]
    for name in ("model.json", "model.safetensors"):
        assert (folder / "stopped" / name).read_bytes() == (folder / "model" / name).read_bytes()


def test_it_is_validated_and_keeps_the_best_after_a_stop_too(trained: tuple[Path, Any]) -> None:
    folder, train = trained
    changes = {"keep": "best", "validate_every": 2, "iterations": 5, "init": str(folder / "model")}
    whole, again = Heard(), Heard()
    learn(folder, train, "best", whole, val=train, **changes)
    with pytest.raises(KeyboardInterrupt):
        learn(folder, train, "best-stopped", Stop(), val=train, **changes)
    learn(folder, train, "best-stopped", again, val=train, **changes)

    assert [iteration for iteration, _ in whole.scores] == [2, 4, 5]
    assert again.scores == whole.scores
    iteration, ap = max(whole.scores, key=lambda pair: pair[1])
    assert read_model_card(folder / "best")["kept"] == {"iteration": iteration, "validation_ap": ap}
    results = load(folder / "best", "cpu").predict([(n, draw(n)[0]) for n in range(1, 5)], 0.05)
    assert score(train, results, "segm").overall.ap == ap
    for name in ("model.json", "model.safetensors"):
        assert (folder / "best-stopped" / name).read_bytes() == (folder / "best" / name).read_bytes()


def test_our_scores_of_its_predictions_are_those_of_its_own_evaluator(trained: tuple[Path, Any]) -> None:
    import copy

    from detectron2.evaluation.coco_evaluation import _evaluate_predictions_on_coco
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    folder, train = trained
    results = load(folder / "model", "cpu").predict([(n, draw(n)[0]) for n in range(1, 5)], 0.0)
    assert results
    truth = COCO()
    truth.dataset = copy.deepcopy(train)
    truth.createIndex()
    evaluation = _evaluate_predictions_on_coco(truth, copy.deepcopy(results), "segm", cocoeval_fn=COCOeval)
    ours = score(train, results, "segm").overall

    assert [ours.ap, ours.ap50, ours.ap75] == [round(100 * float(value), 2) for value in evaluation.stats[:3]]


def test_a_transfer_keeps_the_model_and_refuses_other_classes(trained: tuple[Path, Any]) -> None:
    folder, train = trained
    heard = Heard()
    start = {"init": str(folder / "model"), "iterations": 1, "learning_rate": 1e-8}
    learn(folder, train, "moved", heard, **start)
    one, two = (safetensors.torch.load_file(folder / out / "model.safetensors") for out in ("model", "moved"))

    assert heard.notes == ["starts from a model of disc, rectangle (4 iterations)"]
    name = "roi_heads.box_predictor.cls_score.weight"
    assert torch.allclose(one[name], two[name], atol=1e-5)
    renamed = [{"id": 1, "name": "disc"}, {"id": 2, "name": "star"}]
    with pytest.raises(EngineError, match="knows disc, rectangle, the training set disc, star"):
        learn(folder, {**train, "categories": renamed}, "other", Heard(), **start)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"profile": "small"}, "zoo has no configuration 'small': set train.profile to base"),
        ({"profile": "COCO-Detection/faster_rcnn_R_50_FPN_1x"}, "finds no masks"),
        ({"init": "nowhere"}, "train.init is 'nowhere': that is no model directory"),
        ({"init": __file__}, "cannot be read as weights"),
    ],
)
def test_what_detectron2_cannot_train_is_said_in_a_sentence(
    trained: tuple[Path, Any], values: dict[str, str], sentence: str
) -> None:
    folder, train = trained
    with pytest.raises(EngineError, match=sentence):
        rehearse(train, folder / "panels", their(**values), Heard())
