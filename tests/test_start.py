"""What a training starts from: another run's model, files from elsewhere, and nothing that runs code."""

import pickle
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from drawn_dataset import Heard, tiny, write_dataset
from torchvision.models import resnet18

from toonseg.engines.base import fit, load
from toonseg.engines.foreign import from_detectron2, read_state
from toonseg.engines.resnet50 import Structure, build_base
from toonseg.engines.start import Start, build, read_start, started
from toonseg.errors import EngineError

SCORES = "roi_heads.box_predictor.cls_score.weight"
BOXES = "roi_heads.box_predictor.bbox_pred.weight"
MASKS = "roi_heads.mask_predictor.mask_fcn_logits.weight"
BODY = "backbone.body.conv1.weight"
CLASSES = ["disc", "rectangle"]


@pytest.fixture(scope="module")
def base() -> dict[str, torch.Tensor]:
    """The weights of profile base for two classes."""
    torch.manual_seed(1)
    return dict(build_base(2, Structure(frozen_norms=True)).state_dict())


def small(classes: int, seed: int) -> Any:
    torch.manual_seed(seed)
    return build("small", classes, {})


def known(model: Any) -> Start:
    return Start(dict(model.state_dict()), ("disc", "rectangle"), "a model", {})


def rows(model: Any, name: str, class_id: int, each: int = 1) -> torch.Tensor:
    """The part of a head's weights that stands for a class."""
    value: torch.Tensor = model.state_dict()[name]
    return value[class_id * each : (class_id + 1) * each]


def theirs(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A Mask R-CNN's weights as Detectron2 would name and order them."""
    named = {}
    for name, value in state.items():
        new = name
        for pattern, put in (
            (r"backbone\.body\.(conv1)\.", r"backbone.bottom_up.stem.\1."),
            (r"backbone\.body\.bn1\.", "backbone.bottom_up.stem.conv1.norm."),
            (
                r"backbone\.body\.layer(\d)\.(\d+)\.downsample\.0\.",
                r"backbone.bottom_up.res{\1}.\2.shortcut.",
            ),
            (
                r"backbone\.body\.layer(\d)\.(\d+)\.downsample\.1\.",
                r"backbone.bottom_up.res{\1}.\2.shortcut.norm.",
            ),
            (r"backbone\.body\.layer(\d)\.(\d+)\.conv(\d)\.", r"backbone.bottom_up.res{\1}.\2.conv\3."),
            (r"backbone\.body\.layer(\d)\.(\d+)\.bn(\d)\.", r"backbone.bottom_up.res{\1}.\2.conv\3.norm."),
            (r"backbone\.fpn\.inner_blocks\.(\d)\.0\.", r"backbone.fpn_lateral{\1+}."),
            (r"backbone\.fpn\.layer_blocks\.(\d)\.0\.", r"backbone.fpn_output{\1+}."),
            (r"rpn\.head\.conv\.0\.0\.", "proposal_generator.rpn_head.conv."),
            (r"rpn\.head\.cls_logits\.", "proposal_generator.rpn_head.objectness_logits."),
            (r"rpn\.head\.bbox_pred\.", "proposal_generator.rpn_head.anchor_deltas."),
            (r"roi_heads\.box_head\.fc6\.", "roi_heads.box_head.fc1."),
            (r"roi_heads\.box_head\.fc7\.", "roi_heads.box_head.fc2."),
            (r"roi_heads\.mask_head\.(\d)\.0\.", r"roi_heads.mask_head.mask_fcn{\1}."),
            (r"roi_heads\.mask_predictor\.conv5_mask\.", "roi_heads.mask_head.deconv."),
            (r"roi_heads\.mask_predictor\.mask_fcn_logits\.", "roi_heads.mask_head.predictor."),
        ):
            new = re.sub(f"^{pattern}", put, new)
        new = re.sub(r"\{(\d)(\+?)\}", lambda at: str(int(at[1]) + (2 if at[2] else 1)), new)
        named[new] = value
        if "cls_score" in name:
            named[new] = value.roll(-1, 0)  # the background last
        elif "roi_heads" in name and ("bbox_pred" in name or "mask_fcn_logits" in name):
            named[new] = value[4 if "bbox_pred" in name else 1 :]
    return {**named, "pixel_mean": torch.zeros(3, 1, 1)}


# Heads


def test_heads_that_are_kept_follow_their_class_by_name() -> None:
    old, new = small(2, 1), small(2, 2)
    notes = started(new, known(old), ["rectangle", "disc"], tiny())

    for name, each in ((SCORES, 1), (BOXES, 4), (MASKS, 1)):
        assert torch.equal(rows(new, name, 1, each), rows(old, name, 2, each))
        assert torch.equal(rows(new, name, 2, each), rows(old, name, 1, each))
        assert torch.equal(rows(new, name, 0, each), rows(old, name, 0, each))
    assert torch.equal(new.state_dict()[BODY], old.state_dict()[BODY])
    assert notes[0].endswith("0 fresh")


def test_fewer_classes_than_the_model_knows_are_taken_out_of_it() -> None:
    old, new = small(2, 1), small(1, 2)
    started(new, known(old), ["rectangle"], tiny())

    assert torch.equal(rows(new, BOXES, 1, 4), rows(old, BOXES, 2, 4))


def test_heads_that_are_renewed_are_fresh_and_all_else_is_kept() -> None:
    old, new, fresh = small(2, 1), small(3, 2), small(3, 2)
    started(new, known(old), ["disc", "star", "cross"], tiny(heads="renew"))

    for name in (SCORES, BOXES, MASKS):
        assert torch.equal(new.state_dict()[name], fresh.state_dict()[name])
    assert torch.equal(new.state_dict()[BODY], old.state_dict()[BODY])


def test_a_class_that_the_model_does_not_know_is_named() -> None:
    sentence = r"knows no star \(it knows disc, rectangle\): set train.heads to renew"
    with pytest.raises(EngineError, match=sentence):
        started(small(2, 2), known(small(2, 1)), ["disc", "star"], tiny())


def test_classes_without_names_must_be_as_many() -> None:
    start = Start(dict(small(2, 1).state_dict()), None, "a file", {})
    with pytest.raises(EngineError, match="knows 2 classes without names, the training set has 3"):
        started(small(3, 2), start, ["disc", "star", "cross"], tiny())
    assert "have no names" in started(small(2, 2), start, CLASSES, tiny())[0]


# Where weights come from


def test_a_training_goes_on_from_another_runs_model(tmp_path: Path) -> None:
    train = write_dataset(tmp_path / "panels", 3)
    places = {"checkpoints": tmp_path / "checkpoints", "watch": Heard()}
    fit(train, tmp_path / "panels", tiny(iterations=3), out=tmp_path / "one", **places)
    heard = Heard()
    params = tiny(iterations=2, init=str(tmp_path / "one"), learning_rate=1e-6)
    fit(train, tmp_path / "panels", params, out=tmp_path / "two", **{**places, "watch": heard})

    assert heard.notes == [
        "starts from a model of disc, rectangle (3 iterations): 106 tensors taken, 0 fresh"
    ]
    one, two = (safetensors.torch.load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert torch.allclose(one[SCORES], two[SCORES], atol=1e-4)
    assert load(tmp_path / "two", "cpu").classes == ("disc", "rectangle")
    assert str(tmp_path) not in (tmp_path / "two/model.json").read_text()

    with pytest.raises(EngineError, match=r"is a model of profile 'small', and train.profile is 'base'"):
        read_start(tiny(profile="base", init=str(tmp_path / "one")))
    (tmp_path / "one/model.safetensors").write_bytes(b"half")
    with pytest.raises(EngineError, match="truncated, damaged or of another model"):
        read_start(tiny(init=str(tmp_path / "one")))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"init": "nowhere"}, "train.init is 'nowhere': that is no model directory, no file"),
        ({"init": "ResNet50_Weights.NONE"}, "torchvision has no weights 'ResNet50_Weights.NONE'"),
        (
            {"init": "ResNet50_Weights.IMAGENET1K_V2"},
            "which profile small has no place for: set train.profile",
        ),
        ({"profile": "huge"}, "has no profile 'huge': set train.profile to small or base"),
    ],
)
def test_a_start_that_is_not_there_is_named(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence):
        read_start(tiny(**values))


def test_weights_that_cannot_be_fetched_are_named_with_their_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody listens
    with pytest.raises(EngineError, match=r"could not be fetched .*: download https://.*pth"):
        read_start(tiny(profile="base", init="ResNet50_Weights.IMAGENET1K_V1"))


def test_a_resnet_alone_is_the_body_and_its_norms_are_frozen(
    base: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    body = {
        name.removeprefix("backbone.body."): its for name, its in base.items() if "backbone.body." in name
    }
    torch.save({**body, "fc.weight": torch.zeros(10, 2048)}, tmp_path / "resnet.pth")
    start = read_start(tiny(profile="base", init=str(tmp_path / "resnet.pth")))
    model = build("base", 3, start.structure)
    started(model, start, ["a", "b", "c"], tiny(profile="base"))

    assert torch.equal(model.state_dict()[BODY], base[BODY])
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in model.modules())
    assert not model.backbone.body.conv1.weight.requires_grad
    assert model.backbone.body.layer2[0].conv1.weight.requires_grad


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    state = resnet18().state_dict()
    state["layer1.0.conv1.weight"][0, 0, 0, 0] = value
    torch.save(state, tmp_path / "resnet.pth")
    sentence = r"resnet.pth: its weights hold NaN or infinity \('layer1.0.conv1.weight'\): fetch it again"
    with pytest.raises(EngineError, match=sentence):
        read_start(tiny(profile="base", init=str(tmp_path / "resnet.pth")))


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    torch.save(resnet18().state_dict(), tmp_path / "resnet.pth")
    start = read_start(tiny(profile="base", init=str(tmp_path / "resnet.pth")))
    with pytest.raises(EngineError, match=r"train.init does not fit the profile 'base'"):
        started(build("base", 2, start.structure), start, CLASSES, tiny(profile="base"))


def test_detectron2s_names_become_torchvisions(base: dict[str, torch.Tensor], tmp_path: Path) -> None:
    large = ("layer3", "layer4", "fc6.weight")
    base = {name: value for name, value in base.items() if not any(part in name for part in large)}
    arrays = {name: value.numpy() for name, value in theirs(base).items()}
    (tmp_path / "d2.pkl").write_bytes(pickle.dumps({"model": arrays, "__author__": "zoo"}, protocol=2))
    start = read_start(tiny(profile="base", init=str(tmp_path / "d2.pkl")))

    assert start.structure["arrangement"] == "detectron2"
    assert set(start.state) == set(base)
    for name, value in start.state.items():
        if name == BODY:
            # RGB from 0 to 1, divided by the deviation, gives what BGR from 0 to 255 gave.
            rgb = torch.rand(1, 3, 8, 8)
            deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)
            one = torch.nn.functional.conv2d(rgb / deviation, value)
            other = torch.nn.functional.conv2d(255 * rgb.flip(1), base[BODY])
            assert torch.allclose(one, other, rtol=1e-4, atol=1e-3)
        elif name.startswith(("roi_heads.box_predictor.bbox", "roi_heads.mask_predictor.mask")):
            each = 4 if "bbox" in name else 1
            assert torch.equal(value[each:], base[name][each:])
            assert not value[:each].any()
        else:
            assert torch.equal(value, base[name]), name


def body_of(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The ResNet alone, under Detectron2's names."""
    start = "backbone.bottom_up."
    return {name.removeprefix(start): its for name, its in theirs(state).items() if name.startswith(start)}


def caffe2(name: str) -> str:
    """Caffe2's name of a part of a ResNet that Detectron2 has another for."""
    kind = {"weight": "s" if ".norm." in name else "w", "bias": "b"}[name.rpartition(".")[2]]
    if name.startswith("stem."):
        return f"res_conv1_bn_{kind}" if ".norm." in name else f"conv1_{kind}"
    stage, block, part = name.split(".")[:3]
    branch = {"shortcut": "branch1", "conv1": "branch2a", "conv2": "branch2b", "conv3": "branch2c"}[part]
    return f"{stage}_{block}_{branch}_{'bn_' if '.norm.' in name else ''}{kind}"


def test_a_resnet_alone_of_detectron2_with_torchvisions_input_is_only_renamed(
    base: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    arrays = {name: value.numpy() for name, value in body_of(base).items()}
    arrays |= {"stem.fc.weight": np.zeros((10, 2048), np.float32), "stem.fc.bias": np.zeros(10, np.float32)}
    document = {"model": arrays, "__author__": "torchvision", "matching_heuristics": True}
    (tmp_path / "R-50.pkl").write_bytes(pickle.dumps(document))
    start = read_start(tiny(profile="base", init=str(tmp_path / "R-50.pkl")))

    assert start.structure == {"frozen_norms": True, "norm_eps": 1e-5, "arrangement": "torchvision"}
    assert set(start.state) == {name for name in base if name.startswith("backbone.body.")}
    assert all(torch.equal(value, base[name]) for name, value in start.state.items())


def test_a_resnet_alone_under_caffe2s_names_gives_what_it_gave_there(
    base: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    body = {name: its for name, its in body_of(base).items() if "running" not in name}
    scales = {name: torch.rand_like(its) + 0.5 for name, its in body.items() if ".norm." in name}
    arrays = {caffe2(name): its.numpy() for name, its in {**body, **scales}.items()}
    unused = {
        name: np.ones(3, np.float32) for name in ("conv1_b", "fc1000_w", "fc1000_b", "conv1_w_momentum")
    }
    (tmp_path / "R-50.pkl").write_bytes(pickle.dumps({"blobs": {**arrays, **unused}}, protocol=2))
    params = tiny(profile="base", init=str(tmp_path / "R-50.pkl"))
    start = read_start(params)
    model = build("base", 2, start.structure)
    started(model, start, CLASSES, params)

    assert start.structure["arrangement"] == "detectron2"
    assert set(start.state) == {name for name in base if name.startswith("backbone.body.")}
    assert model.backbone.body.layer2[0].conv1.stride == (2, 2)
    rgb = torch.rand(1, 3, 32, 32)
    mean, deviation = (
        torch.tensor(its).reshape(1, 3, 1, 1) for its in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    with torch.inference_mode():
        stem = model.backbone.body
        ours = stem.bn1(stem.conv1((rgb - mean) / deviation))
        plain = torch.nn.functional.conv2d(255 * (rgb - mean).flip(1), body["stem.conv1.weight"], None, 2, 3)
        scale, bias = (scales[f"stem.conv1.norm.{kind}"].reshape(1, -1, 1, 1) for kind in ("weight", "bias"))
    assert torch.allclose(ours, plain * scale + bias, rtol=1e-4, atol=1e-3)


def test_a_caffe2_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    arrays = dict.fromkeys(["conv1_w", "res_conv1_bn_s", "fpn_res2_2_sum_w"], np.zeros(1, np.float32))
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(arrays))
    with pytest.raises(EngineError, match=r"x.pkl is no ResNet alone: it has 'fpn_res2_2_sum_w'"):
        read_start(tiny(profile="base", init=str(tmp_path / "x.pkl")))


def test_a_detectron2_model_of_another_kind_is_refused() -> None:
    strange = {
        "backbone.bottom_up.stem.conv1.weight": torch.zeros(1),
        "head.bbox_subnet.0.weight": torch.zeros(1),
    }
    with pytest.raises(EngineError, match=r"x.pkl is no Mask R-CNN .*: it has 'head.bbox_subnet.0.weight'"):
        from_detectron2(strange, "x.pkl")


# Files that are not to be trusted


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("run",)


@pytest.mark.parametrize("suffix", ["pkl", "pth"])
def test_a_file_that_asks_for_code_is_refused_and_nothing_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    path = tmp_path / f"trap.{suffix}"
    if suffix == "pkl":
        path.write_bytes(pickle.dumps({"model": {"w": Trap()}}))
    else:
        torch.save({"model": {"w": Trap()}}, path)
    with pytest.raises(EngineError, match=rf"trap.{suffix} cannot .* asks for (builtins.|)print, and only"):
        read_state(path)
    assert "run" not in capsys.readouterr().out


def test_arrays_are_read_in_every_protocol_of_pickle(tmp_path: Path) -> None:
    arrays = OrderedDict(w=np.arange(6, dtype=np.float32).reshape(2, 3), note="not a tensor", n=np.float64(1))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(arrays, protocol))
        found = read_state(tmp_path / "a.pkl")
        assert list(found) == ["w"]
        assert found["w"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("name", ["a.pkl", "a.pth", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"\x80\x04\x95", b"hi, a text", b"{}"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EngineError, match=rf"{name} cannot be read as weights: \D+") as told:
        read_state(tmp_path / name)
    assert "weights_only" not in str(told.value)  # torch advises to do without


def test_a_text_is_no_file_of_weights_and_a_part_of_one_is_cut_off(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1000)}, tmp_path / "new.pth")
    torch.save({"w": torch.zeros(1000)}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    (tmp_path / "arrays.pkl").write_bytes(pickle.dumps({"w": np.zeros(1000, np.float32)}))
    safetensors.torch.save_file({"w": torch.zeros(1000)}, tmp_path / "safe.safetensors")
    for path in list(tmp_path.iterdir()):
        whole = path.read_bytes()
        for end in (20, len(whole) // 2, len(whole) - 20, len(whole) - 1):
            path.write_bytes(whole[:end])
            with pytest.raises(EngineError, match=rf"{path.name} cannot .*: it is cut off or damaged: copy"):
                read_state(path)
        for text in (b"hi, a text", b'{"a": 1}', b"version https://git-lfs.github.com/spec/v1\n"):
            path.write_bytes(text)
            with pytest.raises(
                EngineError, match=rf"{path.name} cannot .*: it is no file of weights: name a "
            ):
                read_state(path)


def test_a_file_without_weights_is_named(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "a.pth")
    with pytest.raises(EngineError, match=r"a.pth holds no weights by name"):
        read_state(tmp_path / "a.pth")
