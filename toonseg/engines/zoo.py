"""Detectron2's configurations and checkpoints, for the engine ``detectron2``. Imports Detectron2."""

import logging
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from detectron2 import model_zoo
from detectron2.checkpoint import DetectionCheckpointer
from detectron2.config import CfgNode, get_cfg
from ruamel.yaml import YAML

from toonseg.engines.base import TrainParams
from toonseg.engines.foreign import RENEW, UNREADABLE, ArrayUnpickler, check_finite, reason_of
from toonseg.engines.model_dir import read_model_card, read_weights
from toonseg.errors import EngineError

BASE = "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x.yaml"
_HEADS = ("box_predictor.", "mask_head.predictor.")  # what depends on the classes
_SCHEMES = ("https://", "http://", "detectron2://")


def config_of(params: TrainParams, classes: int, device: str) -> CfgNode:
    """The zoo's configuration of ``params.profile``, with the values of ``params``.

    Raises EngineError when the zoo has no such configuration, or one without masks.
    """
    name = BASE if params.profile == "base" else params.profile
    name = name if name.endswith(".yaml") else f"{name}.yaml"
    try:
        cfg = model_zoo.get_config(name)
    except (RuntimeError, FileNotFoundError):
        raise EngineError(
            f"Detectron2's zoo has no configuration '{params.profile}': set train.profile to base, or to a "
            "name such as COCO-InstanceSegmentation/mask_rcnn_R_101_FPN_3x"
        ) from None
    if not cfg.MODEL.MASK_ON:
        raise EngineError(f"Detectron2's {params.profile} finds no masks: choose a COCO-InstanceSegmentation")
    if not params.init:  # frozen norms and layers are for weights that know something
        cfg.MODEL.RESNETS.NORM, cfg.MODEL.BACKBONE.FREEZE_AT = "BN", 0
    cfg.MODEL.WEIGHTS, cfg.MODEL.DEVICE = "", device
    cfg.MODEL.ROI_HEADS.NUM_CLASSES = classes
    cfg.INPUT.MASK_FORMAT = "bitmask"
    cfg.INPUT.MIN_SIZE_TRAIN_SAMPLING = "range"
    cfg.INPUT.MIN_SIZE_TRAIN = tuple(
        round(params.short_side_px * factor) for factor in (params.scale_min, params.scale_max)
    )
    cfg.INPUT.MAX_SIZE_TRAIN = round(params.long_side_px * params.scale_max)
    cfg.INPUT.MIN_SIZE_TEST, cfg.INPUT.MAX_SIZE_TEST = params.short_side_px, params.long_side_px
    cfg.SOLVER.IMS_PER_BATCH = params.batch
    cfg.SOLVER.BASE_LR = params.learning_rate
    cfg.SOLVER.WEIGHT_DECAY = params.weight_decay
    cfg.SOLVER.WEIGHT_DECAY_BIAS = 0.0
    cfg.SOLVER.MAX_ITER, cfg.SOLVER.WARMUP_ITERS = params.iterations, params.warmup_iterations
    cfg.SOLVER.LR_SCHEDULER_NAME = "WarmupCosineLR"
    cfg.SOLVER.CLIP_GRADIENTS.ENABLED = True
    cfg.SOLVER.CLIP_GRADIENTS.CLIP_TYPE = "norm"  # of each tensor: Detectron2 knows no other
    cfg.SOLVER.CLIP_GRADIENTS.CLIP_VALUE = params.clip_norm
    return cfg


def config_from(text: str) -> CfgNode:
    """The configuration that a model directory holds as YAML."""
    cfg = get_cfg()
    cfg.merge_from_other_cfg(CfgNode(YAML(typ="safe", pure=True).load(text)))
    return cfg


class SafeCheckpointer(DetectionCheckpointer):  # type: ignore[misc]  # Detectron2 has no types
    """Detectron2's checkpointer, but what it reads is unpickled as arrays and plain values alone.

    ``renew`` leaves out what depends on the classes.
    """

    renew = False

    def _load_file(self, filename: str) -> Any:
        try:
            loaded = self._read(filename)
        except UNREADABLE as error:
            raise EngineError(
                f"{filename} cannot be read as weights: {reason_of(error, Path(filename))}"
            ) from None
        check_finite(loaded["model"], filename, "fetch it again")
        if self.renew:
            for name in [name for name in loaded["model"] if any(part in name for part in _HEADS)]:
                del loaded["model"][name]
        return loaded

    def _read(self, filename: str) -> dict[str, Any]:
        if not filename.endswith(".pkl"):
            loaded = torch.load(filename, map_location="cpu", weights_only=True)
            return loaded if "model" in loaded else {"model": loaded}
        with Path(filename).open("rb") as file:
            loaded = ArrayUnpickler(file).load()
        if "model" in loaded and "__author__" in loaded:
            return dict(loaded)
        arrays = {
            name: value
            for name, value in loaded.get("blobs", loaded).items()
            if not name.endswith("_momentum")
        }
        return {"model": arrays, "__author__": "Caffe2", "matching_heuristics": True}


def start_from(params: TrainParams, model: torch.nn.Module, classes: list[str]) -> str:
    """Load what ``params.init`` names into a fresh model: ``zoo``, an address, a file, or a model directory.

    Gives where the weights come from. Raises EngineError when they are not there or do not fit.
    """
    if not params.init:
        return "fresh weights"
    path = Path(params.init)
    if path.is_dir():
        return _from_directory(path, params, model, classes)
    place = params.init
    if place == "zoo":
        place = model_zoo.get_checkpoint_url(BASE if params.profile == "base" else f"{params.profile}.yaml")
    elif not path.is_file() and not place.startswith(_SCHEMES):
        raise EngineError(
            f"train.init is '{params.init}': that is no model directory, no file, no address, and not 'zoo'"
        )
    checkpointer = SafeCheckpointer(model)
    checkpointer.renew = params.heads == "renew"
    logging.getLogger("fvcore").setLevel(logging.CRITICAL)
    try:
        checkpointer.load(place, checkpointables=[])
    except OSError as error:
        raise EngineError(
            f"{place} could not be fetched ({error}): fetch it elsewhere, give the file"
        ) from None
    return "weights of Detectron2's zoo" if params.init == "zoo" else f"a file of the name {Path(place).name}"


def _from_directory(path: Path, params: TrainParams, model: torch.nn.Module, classes: list[str]) -> str:
    card = read_model_card(path)
    if card["engine"] != "detectron2":
        raise EngineError(f"{path} is a model of engine '{card['engine']}', and train.engine is 'detectron2'")
    state = safetensors.torch.load(read_weights(path, card))
    check_finite(state, str(path), "train it again")
    if params.heads == "renew":
        state = {name: value for name, value in state.items() if not any(part in name for part in _HEADS)}
    elif card["classes"] != classes:
        raise EngineError(
            f"{path} knows {', '.join(card['classes'])}, the training set {', '.join(classes)}: {RENEW}"
        )
    try:
        model.load_state_dict(state, strict=False)
    except RuntimeError:
        raise EngineError(f"{path} does not fit the configuration '{params.profile}'") from None
    return f"a model of {', '.join(card['classes'])} ({card['params']['iterations']} iterations)"
