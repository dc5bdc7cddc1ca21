"""What a training of the engine torchvision starts from: fresh weights, another run's model, or a file."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import safetensors.torch
import torch
from safetensors import SafetensorError
from torchvision.models import get_weight
from torchvision.models.detection import MaskRCNN

from toonseg.engines.base import TrainParams
from toonseg.engines.foreign import (
    RENEW,
    State,
    check_finite,
    from_caffe2_body,
    from_detectron2,
    from_detectron2_body,
    is_caffe2_body,
    is_detectron2,
    is_detectron2_body,
    read_state,
)
from toonseg.engines.model_dir import read_model_card, read_weights
from toonseg.engines.resnet50 import Structure, build_base
from toonseg.engines.small import build_small
from toonseg.errors import EngineError

PROFILES = ("small", "base")
_SCORES = "roi_heads.box_predictor.cls_score.weight"
# What depends on the classes, and how many rows each of them has, the background first.
_ROWS = {
    "roi_heads.box_predictor.cls_score": 1,
    "roi_heads.box_predictor.bbox_pred": 4,
    "roi_heads.mask_predictor.mask_fcn_logits": 1,
}


@dataclass(frozen=True)
class Start:
    """Weights to begin with, by torchvision's names; none of them is a fresh network.

    ``classes`` are the names that the heads know, or None where nobody tells. ``source`` says where the
    weights come from, without any path; ``structure`` is that of the profile ``base``.
    """

    state: State
    classes: tuple[str, ...] | None
    source: str
    structure: dict[str, Any]

    @property
    def sha256(self) -> str:
        """Digest of the weights; empty for a fresh network."""
        return hashlib.sha256(safetensors.torch.save(self.state)).hexdigest() if self.state else ""


def read_start(params: TrainParams) -> Start:
    """What ``params.init`` names, for ``params.profile``: nothing, a model directory, a file, or an enum.

    Raises EngineError when it is not there, damaged, of another engine, or does not fit the profile.
    """
    if params.profile not in PROFILES:
        raise EngineError(
            f"engine torchvision has no profile '{params.profile}': "
            f"set train.profile to {' or '.join(PROFILES)}"
        )
    if not params.init:
        return Start({}, None, "fresh weights", _structure(params, frozen_norms=False))
    path = Path(params.init)
    if path.is_dir():
        return _of_directory(path, params)
    if path.is_file():
        return _of_state(read_state(path), params, f"a file of the name {path.name}", eps=0.0)
    if "_Weights." in params.init:
        return _of_torchvision(params)
    raise EngineError(
        f"train.init is '{params.init}': that is no model directory, no file, and no weights of torchvision "
        "such as MaskRCNN_ResNet50_FPN_Weights.COCO_V1"
    )


def build(profile: str, classes: int, structure: dict[str, Any]) -> MaskRCNN:
    """The network of a profile with fresh weights. ``structure`` is Structure's fields, or empty."""
    return build_base(classes, Structure(**structure)) if profile == "base" else build_small(classes)


def started(model: MaskRCNN, start: Start, classes: list[str], params: TrainParams) -> list[str]:
    """Put the start's weights in a fresh ``model`` for ``classes``; gives what the user should know.

    With ``params.heads`` at keep, each class's rows of the heads follow it by name (or by place, where the
    start's classes have no names); at renew, they stay fresh. Raises EngineError when a class is unknown
    to the start, or the weights do not fit.
    """
    if not start.state:
        return []
    state = dict(start.state)
    notes = []
    if params.heads == "renew" or _SCORES not in state:
        state = {name: value for name, value in state.items() if name.rpartition(".")[0] not in _ROWS}
    else:
        known = start.classes
        if known is None:
            known = tuple(classes)
            if len(state[_SCORES]) != len(classes) + 1:
                raise EngineError(
                    f"train.init knows {len(state[_SCORES]) - 1} classes without names, the training set has "
                    f"{len(classes)}: {RENEW}"
                )
            notes.append("the classes of train.init have no names: taken for those of the training set")
        state = _heads_of(state, known, classes)
    mine = model.state_dict()
    strange = sorted(set(state) - set(mine))
    unlike = sorted(name for name in set(state) & set(mine) if state[name].shape != mine[name].shape)
    if strange or unlike:
        raise EngineError(
            f"train.init does not fit the profile '{params.profile}': "
            + (f"that has no '{strange[0]}'" if strange else f"its '{unlike[0]}' is of another size")
        )
    model.load_state_dict(state, strict=False)
    fresh = sum(name not in state for name in mine)
    notes.append(f"starts from {start.source}: {len(state)} tensors taken, {fresh} fresh")
    return notes


def _heads_of(state: State, known: tuple[str, ...], classes: list[str]) -> State:
    """The state with the heads' rows of ``classes``, in their order."""
    unknown = [name for name in classes if name not in known]
    if unknown:
        raise EngineError(
            f"the model to start from knows no {', '.join(unknown)} (it knows {', '.join(known)}): {RENEW}"
        )
    chosen = torch.tensor([0, *(known.index(name) + 1 for name in classes)])
    picked = {}
    for name, value in state.items():
        rows = _ROWS.get(name.rpartition(".")[0])
        picked[name] = value.reshape(-1, rows, *value.shape[1:])[chosen].flatten(0, 1) if rows else value
    return picked


def _of_directory(path: Path, params: TrainParams) -> Start:
    """Another run's model."""
    card = read_model_card(path)
    for key, wanted in (("engine", params.engine), ("profile", params.profile)):
        if card[key] != wanted:
            raise EngineError(
                f"{path} is a model of {key} '{card[key]}', and train.{key} is '{wanted}': "
                "they must be the same"
            )
    try:
        state = safetensors.torch.load(read_weights(path, card))
    except SafetensorError:
        raise EngineError(f"{path}: its weights are damaged: train it again") from None
    check_finite(state, str(path), "train it again")
    source = f"a model of {', '.join(card['classes'])} ({card['params']['iterations']} iterations)"
    return Start(state, tuple(card["classes"]), source, card["structure"])


def _of_torchvision(params: TrainParams) -> Start:
    """Weights that torchvision publishes, by their name in its enums."""
    try:
        weights = get_weight(params.init)
    except (ValueError, KeyError):
        raise EngineError(f"torchvision has no weights '{params.init}': see its models' page") from None
    if params.profile == "small":
        raise EngineError(
            f"train.init is '{params.init}', weights of torchvision, which profile small has no place for: "
            "set train.profile to base"
        )
    try:
        state = weights.get_state_dict(progress=False, check_hash=True)
    except (URLError, OSError, RuntimeError) as error:
        raise EngineError(
            f"{params.init} could not be fetched ({error}): download {weights.url} where that is possible, "
            "and give the file as train.init"
        ) from None
    return _of_state(state, params, f"torchvision's {params.init}", eps=0.0)


def _of_state(state: State, params: TrainParams, source: str, eps: float) -> Start:
    """A Mask R-CNN or a ResNet alone, of torchvision or Detectron2; ``eps`` is that of the first's norms."""
    check_finite(state, params.init, "fetch it again")
    if is_caffe2_body(state):
        state = from_caffe2_body(state, params.init)
        return Start(state, None, source, _structure(params, True, arrangement="detectron2"))
    if is_detectron2_body(state):
        state = from_detectron2_body(state, params.init)
        return Start(_counted(state, params), None, source, _structure(params, True))
    if is_detectron2(state):
        state = from_detectron2(state, params.init)
        return Start(state, None, source, _structure(params, True, arrangement="detectron2"))
    if "conv1.weight" in state:
        body = {f"backbone.body.{name}": its for name, its in state.items() if not name.startswith("fc.")}
        return Start(_counted(body, params), None, source, _structure(params, True))
    return Start(_counted(state, params), None, source, _structure(params, True, norm_eps=eps))


def _counted(state: State, params: TrainParams) -> State:
    """Without the batches that BatchNorm counted, where norms are frozen."""
    if params.profile == "small":
        return state
    return {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}


def _structure(params: TrainParams, frozen_norms: bool, **more: Any) -> dict[str, Any]:
    return asdict(Structure(frozen_norms, **more)) if params.profile == "base" else {}
