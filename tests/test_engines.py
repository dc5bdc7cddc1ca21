"""Engines: what a training promises, how it goes on after a kill, and what a model directory holds."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import safetensors.torch
import torch
from drawn_dataset import VALUES, Heard, annotation, draw, tiny, write_dataset

from toonseg.engines import memory, schedule
from toonseg.engines.base import TrainParams, check_dataset, fit, load
from toonseg.engines.checkpoint import checkpoint_path
from toonseg.engines.data import augment, batch_numbers, draw_batch, fit_scale, read_samples, recoloured
from toonseg.engines.predict import _drawn
from toonseg.engines.start import read_start
from toonseg.errors import EngineError, ParamsError
from toonseg.geometry import decode_rle
from toonseg.images import encode
from toonseg.params import check_params

HERE = Path(__file__).parent
MEAN = (0.5, 0.5, 0.5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A project's folder with pictures, and a model of them trained without disturbance."""
    folder = tmp_path_factory.mktemp("trained")
    train = write_dataset(folder / "panels", 5)
    learn(folder, train, "model", tiny())
    return folder, train


def learn(
    folder: Path, train: dict[str, Any], out: str, params: TrainParams, heard: Heard | None = None
) -> dict[str, float]:
    return fit(
        train,
        folder / "panels",
        params,
        out=folder / out,
        checkpoints=folder / "checkpoints" / out,
        watch=heard or Heard(),
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# Parameters and dataset


def test_parameters_out_of_range_are_refused_by_name() -> None:
    assert check_params(VALUES, TrainParams, "here") == tiny()
    with pytest.raises(ParamsError, match=f"seed must be at most {2**63 - 1}"):
        check_params({**VALUES, "seed": 2**63}, TrainParams, "here")
    with pytest.raises(ParamsError, match="iterations must be at least 1, got 0"):
        check_params({**VALUES, "iterations": 0}, TrainParams, "here")
    with pytest.raises(ParamsError, match="engine should be 'torchvision' or 'detectron2'"):
        check_params({**VALUES, "engine": "abacus"}, TrainParams, "here")


def test_a_dataset_without_pictures_or_instances_is_refused() -> None:
    empty: dict[str, Any] = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "hair"}]}
    with pytest.raises(EngineError, match="holds no picture"):
        check_dataset(empty, Heard())
    with pytest.raises(EngineError, match="holds no labelled instance"):
        check_dataset({**empty, "images": [{"id": 1}]}, Heard())


def test_category_ids_that_start_at_0_are_refused() -> None:
    train = {"images": [{"id": 1}], "annotations": [], "categories": [{"id": 0, "name": "hair"}]}
    with pytest.raises(EngineError, match=r"category ids are \[0\]: they must be 1, 2"):
        check_dataset(train, Heard())


def test_an_annotation_of_an_unknown_category_is_refused(tmp_path: Path) -> None:
    train = write_dataset(tmp_path, 1)
    train["annotations"][1]["category_id"] = 3
    with pytest.raises(EngineError, match="annotation 2 of the training set has the unknown category 3"):
        check_dataset(train, Heard())


def test_thin_data_are_told_of_but_allowed(tmp_path: Path) -> None:
    train, heard = write_dataset(tmp_path, 1), Heard()
    train["annotations"] = train["annotations"][:1]
    check_dataset(train, heard)
    assert heard.notes == [
        "the training set is one picture: the model will know little else",
        "no instance to learn from of rectangle: the model will not find any",
    ]


# Pictures and batches


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    train = write_dataset(tmp_path, 2)
    (tmp_path / "drawn/1/000002-0000.png").unlink()
    with pytest.raises(EngineError, match=r"000002-0000.png is in the training set but does not exist"):
        read_samples(train, tmp_path, tiny(), MEAN)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    train = write_dataset(tmp_path, 2)
    (tmp_path / "drawn/1/000002-0000.png").write_bytes(b"no picture")
    with pytest.raises(EngineError, match=r"000002-0000.png is no JPEG.*put a whole one in its place"):
        read_samples(train, tmp_path, tiny(), MEAN)
    (tmp_path / "dvc.yaml").touch()
    with pytest.raises(EngineError, match=r"000002-0000.png is no JPEG.*delete it and run `dvc repro`"):
        read_samples(train, tmp_path, tiny(), MEAN)


def test_a_picture_of_another_size_than_stated_is_named(tmp_path: Path) -> None:
    train = write_dataset(tmp_path, 1)
    train["images"][0]["width"] = 130
    with pytest.raises(EngineError, match=r"is 128 x 96 pixels, and the training set says 130 x 96"):
        read_samples(train, tmp_path, tiny(), MEAN)


def test_the_short_side_gives_way_where_the_long_one_is_too_long() -> None:
    assert fit_scale(96, 128, 64, 1000) == 64 / 96
    assert fit_scale(96, 960, 64, 320) == 1 / 3


def test_without_jitter_an_example_is_the_resized_picture(tmp_path: Path) -> None:
    params = tiny(short_side_px=96, scale_min=1.0, scale_max=1.0, flip=0.0, colour_jitter=0.0)
    samples, _ = read_samples(write_dataset(tmp_path, 1), tmp_path, params, MEAN)
    example = augment(samples[0], params, np.random.default_rng(0))
    picture, instances = draw(1)
    assert np.array_equal(example.picture, picture)
    assert example.labels.tolist() == [1, 2]
    for mask, box, (_, true) in zip(example.masks, example.boxes_xyxy, instances, strict=True):
        rows, columns = np.nonzero(true)
        assert np.array_equal(mask > 0, true)
        assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_a_mirrored_example_is_mirrored_in_picture_boxes_and_masks(tmp_path: Path) -> None:
    params = tiny(short_side_px=96, scale_min=1.0, scale_max=1.0, flip=1.0, colour_jitter=0.0)
    samples, _ = read_samples(write_dataset(tmp_path, 1), tmp_path, params, MEAN)
    example = augment(samples[0], params, np.random.default_rng(0))
    picture, instances = draw(1)
    assert np.array_equal(example.picture, picture[:, ::-1])
    for mask, box, (_, true) in zip(example.masks, example.boxes_xyxy, instances, strict=True):
        assert np.array_equal(mask > 0, true[:, ::-1])
        columns = np.nonzero(mask)[1]
        assert box[[0, 2]].tolist() == [columns.min(), columns.max() + 1]


@pytest.mark.parametrize(("width", "height"), [(1, 40), (40, 1)])
def test_a_picture_of_one_row_or_column_can_be_mirrored(tmp_path: Path, width: int, height: int) -> None:
    picture = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    (tmp_path / "thin.png").write_bytes(encode(picture, "png", 90))
    train = write_dataset(tmp_path, 1)
    train["images"][0] |= {"file_name": "thin.png", "width": width, "height": height}
    params = tiny(flip=1.0)
    samples, _ = read_samples({**train, "annotations": []}, tmp_path, params, MEAN)
    example = augment(samples[0], params, np.random.default_rng(0))
    assert torch.from_numpy(example.picture).shape == example.picture.shape


def test_boxes_follow_the_size_jitter(tmp_path: Path) -> None:
    params = tiny(scale_min=0.5, scale_max=1.5)
    samples, _ = read_samples(write_dataset(tmp_path, 1), tmp_path, params, MEAN)
    for chance in range(8):
        example = augment(samples[0], params, np.random.default_rng(chance))
        assert 32 <= min(example.picture.shape[:2]) <= 96
        for mask, box in zip(example.masks, example.boxes_xyxy, strict=True):
            rows, columns = np.nonzero(mask)
            found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert np.abs(box - found).max() <= 1


def test_instances_too_small_to_see_are_left_out(tmp_path: Path) -> None:
    train = write_dataset(tmp_path, 1)
    dot = np.zeros((96, 128), np.bool_)
    dot[5:7, 5:7] = True
    train["annotations"].append(annotation(9, 1, 1, dot))
    params = tiny(scale_max=1.0)
    samples, _ = read_samples(train, tmp_path, params, MEAN)
    assert len(samples[0].labels) == 3
    assert len(augment(samples[0], params, np.random.default_rng(0)).labels) == 2


def test_a_picture_without_instances_gives_empty_targets(tmp_path: Path) -> None:
    train = write_dataset(tmp_path, 1)
    samples, _ = read_samples({**train, "annotations": []}, tmp_path, tiny(), MEAN)
    example = augment(samples[0], tiny(), np.random.default_rng(0))
    assert example.boxes_xyxy.shape == (0, 4)
    assert example.masks.shape == (0, *example.picture.shape[:2])


def test_a_region_to_ignore_is_covered_but_for_the_instances_in_it(tmp_path: Path) -> None:
    train = write_dataset(tmp_path, 1)
    train["annotations"].append(annotation(9, 1, 1, np.ones((96, 128)), iscrowd=1))
    samples, _ = read_samples(train, tmp_path, tiny(short_side_px=96), (0.2, 0.4, 0.6))
    picture, instances = draw(1)
    labelled = instances[0][1] | instances[1][1]
    assert np.array_equal(samples[0].picture[labelled], picture[labelled])
    assert (samples[0].picture[~labelled] == (51, 102, 153)).all()
    assert samples[0].labels.tolist() == [1, 2]


def test_colour_jitter_of_0_changes_nothing_and_of_1_much() -> None:
    picture = draw(1)[0]
    assert np.array_equal(recoloured(picture, 0.0, np.random.default_rng(0)), picture)
    changed = recoloured(picture, 1.0, np.random.default_rng(0))
    assert np.abs(changed.astype(int) - picture).mean() > 10


def test_each_picture_comes_once_before_any_comes_again() -> None:
    shapes = [0.5, 1.0, 2.0, 1.5, 0.7, 1.2, 0.9, 3.0] * 2
    numbers = [number for i in range(8) for number in batch_numbers(shapes, 2, seed=3, iteration=i)]
    assert sorted(numbers) == list(range(16))
    assert numbers != [number for i in range(8) for number in batch_numbers(shapes, 2, 4, i)]


def test_one_picture_fills_a_batch_by_itself() -> None:
    assert batch_numbers([1.0], 4, seed=0, iteration=5) == [0, 0, 0, 0]


def test_pictures_of_like_shape_share_a_batch() -> None:
    shapes = [0.5, 2.0] * 16
    for iteration in range(8):
        drawn = {shapes[number] for number in batch_numbers(shapes, 4, seed=0, iteration=iteration)}
        assert len(drawn) == 1


def test_a_batch_depends_on_seed_and_iteration_only(tmp_path: Path) -> None:
    samples, _ = read_samples(write_dataset(tmp_path, 3), tmp_path, tiny(), MEAN)
    once, again = draw_batch(samples, tiny(), 4), draw_batch(samples, tiny(), 4)
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(once, again, strict=True))
    other = draw_batch(samples, tiny(seed=2), 4)
    assert not all(np.array_equal(a.picture, b.picture) for a, b in zip(once, other, strict=True))


def test_norms_and_biases_are_not_decayed() -> None:
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    decayed, spared = schedule.make_optimiser(model, 0.1, 0.05).param_groups
    assert [tuple(value.shape) for value in decayed["params"]] == [(4, 3, 3, 3)]
    assert len(spared["params"]) == 3
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.05, 0.0)


# Training


def test_the_same_training_gives_the_same_bytes(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    learn(folder, train, "again", tiny())
    assert contents(folder / "again") == contents(folder / "model")


def test_another_seed_gives_another_model(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    learn(folder, train, "other", tiny(seed=2))
    assert contents(folder / "other")["model.safetensors"] != contents(folder / "model")["model.safetensors"]


def test_training_leaves_torch_as_it_was(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    learn(folder, train, "polite", tiny(iterations=1, threads=1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_losses_are_the_mean_of_the_last_iterations(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    heard = Heard()
    losses = learn(folder, train, "heard", tiny(iterations=3), heard)
    assert [step.iteration for step in heard.steps] == [1, 2, 3]
    assert losses["loss"] == pytest.approx(np.mean([step.losses["loss"] for step in heard.steps[1:]]))
    parts = sum(value for name, value in losses.items() if name != "loss")
    assert losses["loss"] == pytest.approx(parts, abs=1e-4)


def test_a_training_killed_at_any_time_goes_on_to_the_same_bytes(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, train = trained
    (tmp_path / "train.json").write_text(json.dumps(train))
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(folder / "panels"), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("5 "):
            break
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert checkpoint_path(tmp_path / "checkpoints").exists()
    assert not (tmp_path / "model").exists()

    heard = Heard()
    fit(
        train,
        folder / "panels",
        tiny(),
        out=tmp_path / "model",
        checkpoints=tmp_path / "checkpoints",
        watch=heard,
    )
    assert heard.notes[0].startswith("training goes on after iteration 4, from")
    assert [step.iteration for step in heard.steps] == [1, 2, 3, 4, 5, 6]
    assert [step.replayed for step in heard.steps] == [True] * 4 + [False] * 2
    assert contents(tmp_path / "model") == contents(folder / "model")
    assert not checkpoint_path(tmp_path / "checkpoints").exists()


_CHILD = """
import json, sys, time
from pathlib import Path
from drawn_dataset import Heard, tiny
from toonseg.engines.base import fit

class Loud(Heard):
    def step(self, step):
        print(step.iteration, "done", flush=True)
        if step.iteration == 5:
            time.sleep(60)

folder = Path(sys.argv[2])
train = json.loads((folder / "train.json").read_text())
fit(train, Path(sys.argv[1]), tiny(), out=folder / "model", checkpoints=folder / "checkpoints", watch=Loud())
"""


class Stop(Heard):
    """A Watcher that presses Ctrl-C at an iteration."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def step(self, step: Any) -> None:
        """Remember it, and stop there."""
        super().step(step)
        if step.iteration == self.at:
            raise KeyboardInterrupt


def test_ctrl_c_keeps_the_last_checkpoint_and_another_configuration_does_not_use_it(
    trained: tuple[Path, dict[str, Any]],
) -> None:
    folder, train = trained
    with pytest.raises(KeyboardInterrupt):
        learn(folder, train, "stopped", tiny(), Stop(3))
    assert checkpoint_path(folder / "checkpoints/stopped").exists()
    assert not (folder / "stopped").exists()
    heard = Heard()
    learn(folder, train, "stopped", tiny(iterations=2), heard)
    assert "is of other parameters, data or libraries: training starts anew" in heard.notes[0]
    assert not any(step.replayed for step in heard.steps)


def test_a_changed_picture_makes_a_checkpoint_void(tmp_path: Path) -> None:
    train, heard = write_dataset(tmp_path / "panels", 2), Heard()
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path, train, "model", tiny(), Stop(3))
    first, second = sorted((tmp_path / "panels/drawn/1").iterdir())
    first.write_bytes(second.read_bytes())
    learn(tmp_path, train, "model", tiny(iterations=6), heard)
    assert "training starts anew" in heard.notes[0]


def test_a_folder_in_a_checkpoint_s_place_is_told(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    checkpoint_path(folder / "checkpoints/folder").mkdir(parents=True)
    with pytest.raises(EngineError, match=r"last\.pt is a folder, where the state of a training belongs"):
        learn(folder, train, "folder", tiny(), Heard())


def test_a_damaged_checkpoint_is_told_of_and_not_used(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    path = checkpoint_path(folder / "checkpoints/broken")
    with pytest.raises(KeyboardInterrupt):
        learn(folder, train, "broken", tiny(), Stop(3))
    path.write_bytes(path.read_bytes()[:100_000])
    heard = Heard()
    learn(folder, train, "broken", tiny(), heard)
    assert heard.notes[0].endswith("last.pt is damaged: training starts anew")
    assert contents(folder / "broken") == contents(folder / "model")


def test_a_training_that_diverges_says_what_to_lower(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    params = tiny(learning_rate=1.0, warmup_iterations=0, clip_norm=1e30, iterations=40)
    with pytest.raises(EngineError, match=r"training diverged at iteration \d+.*lower train.learning_rate"):
        learn(folder, train, "diverged", params)
    assert not (folder / "diverged").exists()


def test_a_picture_too_small_to_be_normed_alone_says_what_to_raise(
    trained: tuple[Path, dict[str, Any]],
) -> None:
    folder, train = trained
    params = tiny(batch=1, long_side_px=64, first_size=0.25)
    with pytest.raises(EngineError, match=r"too small to be learnt from alone: raise train.short_side_px"):
        learn(folder, train, "small", params)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_named(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    with pytest.raises(EngineError, match="no device 'cuda': set device to auto or cpu"):
        learn(folder, train, "nowhere", tiny(device="cuda"))


def test_training_in_half_precision_runs_on_a_cpu(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    losses = learn(folder, train, "half", tiny(precision="bf16", iterations=1))
    assert np.isfinite(losses["loss"])
    assert load(folder / "half", "cpu").predict([(1, draw(1)[0])], 0.0)


class Hungry(Heard):
    """A Watcher that asks OpenCV for more memory than there is."""

    def step(self, step: Any) -> None:
        """Ask for it."""
        cv2.resize(draw(1)[0], (1 << 30, 1 << 14))


def test_memory_that_ends_in_opencv_says_what_to_lower(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, train = trained
    with pytest.raises(EngineError, match=r"memory ran out while .*: lower train.batch \(2\), or"):
        learn(folder, train, "hungry", tiny(), Hungry())
    with pytest.raises(cv2.error, match="empty"), memory.enough("testing", "lower nothing"):
        cv2.cvtColor(np.zeros((0, 0, 3), np.uint8), cv2.COLOR_RGB2HSV_FULL)


def test_memory_that_ends_while_predicting_says_what_to_lower(trained: tuple[Path, dict[str, Any]]) -> None:
    predictor = load(trained[0] / "model", "cpu")
    endless = ((number, np.zeros((1 << 24, 1 << 24, 3), np.uint8)) for number in (1, 2))
    with pytest.raises(EngineError, match="memory ran out while pictures were predicted: lower params"):
        predictor.predict(endless, 0.5)


# The model directory


def test_a_model_directory_says_what_it_is_without_times_or_paths(
    trained: tuple[Path, dict[str, Any]],
) -> None:
    folder, _ = trained
    assert sorted(contents(folder / "model")) == ["README.md", "model.json", "model.safetensors"]
    card = json.loads((folder / "model/model.json").read_text())
    assert (card["engine"], card["profile"], card["classes"]) == (
        "torchvision",
        "small",
        ["disc", "rectangle"],
    )
    assert card["dataset"]["images"] == 5
    assert str(folder) not in (folder / "model/model.json").read_text()


PARAMS = {"iterations": 1, "long_side_px": 64, "precision": "fp32", "short_side_px": 64, "threads": 1}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"engine": "abacus"}, "there is no engine 'abacus' here"),
        ({"format": 99}, "has format 99, and this toonseg reads 1"),
        ({"profile": "huge"}, "has the profile 'huge', unknown to engine torchvision"),
        ({"classes": ["disc"]}, "its weights do not fit the profile 'small'"),
        ({"thresholds": None}, "lacks thresholds"),
        ({"params": 5, "thresholds": []}, "lacks params, thresholds"),
        ({"params": {}}, r"lacks a usable params\.iterations, as another version's may"),
        ({"params": {**PARAMS, "threads": "two"}}, r"lacks a usable params\.threads"),
        ({"params": {**PARAMS, "threads": 0}}, r"lacks a usable params\.threads"),
        ({"params": {**PARAMS, "threads": True}}, r"lacks a usable params\.threads"),
        ({"params": {**PARAMS, "short_side_px": 0}}, r"lacks a usable params\.short_side_px"),
        ({"params": {**PARAMS, "long_side_px": -5}}, r"lacks a usable params\.long_side_px"),
        ({"params": {**PARAMS, "precision": "int8"}}, r"lacks a usable params\.precision"),
        ({"params": {**PARAMS, "precision": []}}, r"lacks a usable params\.precision"),
        ({"classes": "disc"}, "lacks a usable classes"),
        ({"classes": ["disc", "disc"]}, "lacks a usable classes"),
        ({"thresholds": {"detections": 0}}, r"lacks a usable thresholds\.detections"),
        ({"thresholds": {"mask": "half"}}, r"lacks a usable thresholds\.mask"),
        ({"thresholds": {"nms_iou": 1.5}}, r"lacks a usable thresholds\.nms_iou"),
        ({"thresholds": {"mask": float("nan")}}, r"lacks a usable thresholds\.mask"),
        ({"thresholds": {"detections": 100}}, "lacks the threshold 'mask', as another version's may"),
    ],
)
def test_a_model_of_another_kind_is_refused(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    files = contents(trained[0] / "model")
    card = {**json.loads(files["model.json"]), **change}
    (tmp_path / "model.safetensors").write_bytes(files["model.safetensors"])
    (tmp_path / "model.json").write_text(json.dumps({k: v for k, v in card.items() if v is not None}))
    with pytest.raises(EngineError, match=sentence):
        load(tmp_path, "cpu")


def test_a_truncated_or_missing_model_is_refused(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    files = contents(trained[0] / "model")
    with pytest.raises(EngineError, match=r"is no model directory \(model.json is missing\)"):
        load(tmp_path, "cpu")
    (tmp_path / "model.json").write_bytes(files["model.json"])
    with pytest.raises(EngineError, match=r"model\.safetensors does not exist"):
        load(tmp_path, "cpu")
    (tmp_path / "model.safetensors").write_bytes(files["model.safetensors"][:-1])
    with pytest.raises(EngineError, match="is truncated, damaged or of another model"):
        load(tmp_path, "cpu")
    (tmp_path / "model.json").write_bytes(files["model.json"][:50])
    with pytest.raises(EngineError, match=r"model\.json is damaged"):
        load(tmp_path, "cpu")
    (tmp_path / "model.json").write_text("[]")
    with pytest.raises(EngineError, match="describes no model of toonseg"):
        load(tmp_path, "cpu")


def test_a_model_whose_weights_are_no_numbers_is_refused(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    files = contents(trained[0] / "model")
    state = safetensors.torch.load(files["model.safetensors"])
    state["backbone.body.conv1.weight"][0, 0, 0, 0] = float("nan")
    weights = safetensors.torch.save(state)
    card = {**json.loads(files["model.json"]), "weights_sha256": hashlib.sha256(weights).hexdigest()}
    (tmp_path / "model.safetensors").write_bytes(weights)
    (tmp_path / "model.json").write_text(json.dumps(card))
    with pytest.raises(EngineError, match=r"its weights hold NaN or infinity .*: train it again"):
        load(tmp_path, "cpu")
    with pytest.raises(EngineError, match=r"its weights hold NaN or infinity .*: train it again"):
        read_start(tiny(init=str(tmp_path)))


# Prediction


def test_no_pictures_give_no_results(trained: tuple[Path, dict[str, Any]]) -> None:
    assert load(trained[0] / "model", "cpu").predict([], 0.0) == []


def test_results_are_coco_in_the_order_of_the_pictures(trained: tuple[Path, dict[str, Any]]) -> None:
    predictor = load(trained[0] / "model", "cpu")
    assert predictor.classes == ("disc", "rectangle")
    results = predictor.predict([(number, draw(number)[0]) for number in (9, 7, 8)], 0.1)
    assert list(dict.fromkeys(result["image_id"] for result in results)) == [9, 7, 8]
    for number in (9, 7, 8):
        scores = [result["score"] for result in results if result["image_id"] == number]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) <= 100
        assert min(scores) >= 0.1
    for result in results:
        assert sorted(result) == ["bbox", "category_id", "image_id", "score", "segmentation"]
        assert result["category_id"] in (1, 2)
        mask = decode_rle(result["segmentation"])
        assert mask.shape == (96, 128)
        assert mask.any()
    assert json.loads(json.dumps(results)) == results


def test_a_higher_floor_gives_the_same_results_but_fewer(trained: tuple[Path, dict[str, Any]]) -> None:
    predictor = load(trained[0] / "model", "cpu")
    low, high = (predictor.predict([(1, draw(1)[0])], floor) for floor in (0.0, 0.9))
    assert len(high) < len(low)
    assert all(result["score"] > 0.9 for result in high)


def test_a_result_does_not_hang_on_the_other_pictures(trained: tuple[Path, dict[str, Any]]) -> None:
    predictor = load(trained[0] / "model", "cpu")
    wide = np.concatenate([draw(3)[0]] * 2, axis=1)
    alone = predictor.predict([(1, draw(1)[0])], 0.2)
    together = predictor.predict([(2, wide), (1, draw(1)[0]), (3, draw(3)[0][:50])], 0.2)
    kept = [result for result in together if result["image_id"] == 1]
    assert [result["category_id"] for result in kept] == [result["category_id"] for result in alone]
    assert np.allclose([r["bbox"] for r in kept], [r["bbox"] for r in alone], atol=0.05)


def shown(box: list[float], size: tuple[int, int], shift: float = 0.0) -> list[str]:
    """A full mask in a box of a picture, as text."""
    full = np.ones((28, 28), np.float32)
    drawn, x0, y0 = _drawn(full, np.array(box), size, np.array([shift, 0.0]), 0.5)
    whole = np.zeros(size, np.bool_)
    whole[y0 : y0 + drawn.shape[0], x0 : x0 + drawn.shape[1]] = drawn
    return ["".join(".#"[int(value)] for value in row) for row in whole]


def test_results_do_not_hang_on_the_number_of_threads(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = trained
    shutil.copytree(folder / "model", tmp_path / "model")
    card = json.loads((tmp_path / "model/model.json").read_text(encoding="utf-8"))
    card["params"]["threads"] = 3
    (tmp_path / "model/model.json").write_text(json.dumps(card), encoding="utf-8")
    pictures = [(number, np.vstack([draw(number)[0]] * (1 + number % 2))) for number in range(1, 6)]
    one, three = (
        load(model, "cpu").predict(pictures, 0.0) for model in (folder / "model", tmp_path / "model")
    )
    assert one == three != []


def test_a_full_mask_fills_its_box() -> None:
    assert shown([2.0, 1.0, 6.0, 4.0], (5, 8)) == [
        "........",
        "..####..",
        "..####..",
        "..####..",
        "........",
    ]


def test_a_mask_is_clipped_at_the_picture_and_moved_by_the_shift() -> None:
    assert shown([-3.0, -1.0, 2.0, 9.0], (2, 4), shift=1.0) == ["###.", "###."]
    assert shown([9.0, 9.0, 12.0, 12.0], (2, 4)) == ["....", "...."]


def test_between_the_centres_of_its_cells_a_mask_is_mixed_and_beyond_them_it_fades() -> None:
    random = np.random.default_rng(3)
    mask = random.random((28, 28)).astype(np.float32)
    for _ in range(20):
        x, y, w, h = random.uniform((-9, -9, 0, 0), (60, 40, 70, 50))
        drawn, x0, y0 = _drawn(mask, np.array([x, y, x + w, y + h]), (48, 64), np.zeros(2), 0.4)
        down, right = (
            np.maximum(0, 1 - np.abs(((at + np.arange(size)[:, None] + 0.5 - start) / length) * 28 - cell))
            for at, size, start, length in ((y0, drawn.shape[0], y, h), (x0, drawn.shape[1], x, w))
            for cell in [np.arange(28) + 0.5]
        )
        assert np.array_equal(drawn, down @ mask @ right.T > 0.4)


def test_a_short_training_finds_the_drawn_shapes(tmp_path: Path) -> None:
    train = write_dataset(tmp_path / "panels", 12)
    params = tiny(iterations=50, batch=3, warmup_iterations=5, checkpoint_every=100)
    learn(tmp_path, train, "model", params)
    results = load(tmp_path / "model", "cpu").predict([(n, draw(n)[0]) for n in (101, 102)], 0.5)
    for number in (101, 102):
        for category, true in draw(number)[1]:
            found = [
                decode_rle(result["segmentation"])
                for result in results
                if (result["image_id"], result["category_id"]) == (number, category)
            ]
            assert max((mask & true).sum() / (mask | true).sum() for mask in found) > 0.6


def test_describing_engines_does_not_import_torch() -> None:
    code = "import sys, toonseg.engines.base; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
