"""The engine ``torchvision``: its Mask R-CNN, trained from a COCO dataset, in one process or several.

On a CPU the same parameters, data and libraries give the same weights, bit for bit.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torchvision.models.detection import MaskRCNN

from toonseg.engines import memory, ranks, small
from toonseg.engines.base import (
    REHEARSED_STEPS,
    Coco,
    Device,
    Predictor,
    Rehearsal,
    TrainParams,
    Watcher,
    leads,
    world_size,
)
from toonseg.engines.card import card_of, weights_bytes
from toonseg.engines.checkpoint import fingerprint, remove_checkpoint
from toonseg.engines.data import draw_batch, read_samples, worst_batch
from toonseg.engines.device import choose_device, repeatable
from toonseg.engines.foreign import check_finite
from toonseg.engines.model_dir import read_model_card, read_weights, write_model
from toonseg.engines.predict import TorchvisionPredictor
from toonseg.engines.start import PROFILES, build, read_start
from toonseg.engines.training import Training
from toonseg.engines.validation import Validation
from toonseg.errors import EngineError


def fit(
    train: Coco,
    pictures: Path,
    params: TrainParams,
    *,
    validation: Validation | None,
    out: Path,
    checkpoints: Path,
    watch: Watcher,
) -> dict[str, float]:
    """Train as ``toonseg.engines.base.fit`` says."""
    with memory.enough("the pictures were learnt from", _advice(params)):
        return _fit(train, pictures, params, validation, out, checkpoints, watch)


def _fit(
    train: Coco,
    pictures: Path,
    params: TrainParams,
    validation: Validation | None,
    out: Path,
    checkpoints: Path,
    watch: Watcher,
) -> dict[str, float]:
    device = ranks.own_device(choose_device(params.device))
    start = read_start(params)
    samples, digest = read_samples(train, pictures, params, small.PIXEL_MEAN)
    classes = _class_names(train)
    card = card_of(params, start, classes, digest, samples)
    mark = fingerprint(card, device.type, world_size(), validation.digest if validation else "")

    def predictor(model: MaskRCNN) -> Predictor:
        return TorchvisionPredictor(model, device, card)

    with repeatable(params), ranks.together(device, params.batch), ExitStack() as stack:
        training = stack.enter_context(Training(classes, samples, params, device, start, validation))
        for note in training.notes:
            watch.note(note)
        training.resume(checkpoints, mark, watch)
        training.run(checkpoints, mark, watch, predictor)
        if leads():
            best = validation.best if validation else {}
            told = {"kept": validation.told()} if validation else {}
            write_model(out, weights_bytes(best or training.settled().state_dict()), card | told)
            remove_checkpoint(checkpoints)
    last = training.history[-params.log_every :]
    return {name: float(np.mean([losses[name] for losses in last])) for name in last[-1]}


def rehearse(train: Coco, pictures: Path, params: TrainParams) -> Rehearsal:
    """Measure as ``toonseg.engines.base.rehearse`` says."""
    with memory.enough("a few steps were tried", _advice(params)):
        return _rehearse(train, pictures, params)


def _rehearse(train: Coco, pictures: Path, params: TrainParams) -> Rehearsal:
    device = ranks.own_device(choose_device(params.device))
    start = read_start(params)
    samples, _ = read_samples(train, pictures, params, small.PIXEL_MEAN)
    with repeatable(params), ranks.together(device, params.batch), ExitStack() as stack:
        training = stack.enter_context(Training(_class_names(train), samples, params, device, start))
        training.spread()
        memory.forget_peak(device)
        training.step(0, ranks.share(worst_batch(samples, params, params.batch)))
        seconds = []
        for place in range(REHEARSED_STEPS):  # all over the training: pictures grow on the way
            iteration = place * params.iterations // REHEARSED_STEPS
            started_s = time.perf_counter()
            training.step(iteration, ranks.share(draw_batch(samples, params, iteration)))
            seconds.append(time.perf_counter() - started_s)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return Rehearsal(name, float(np.mean(seconds)), memory.peak_bytes(device), memory.there_bytes(device))


def load(model: Path, device: Device) -> Predictor:
    """Load as ``toonseg.engines.base.load`` says."""
    card = read_model_card(model)
    data = read_weights(model, card)
    if card["profile"] not in PROFILES:
        raise EngineError(
            f"{model} has the profile '{card['profile']}', unknown to engine torchvision here: update toonseg"
        )
    try:
        network = build(card["profile"], len(card["classes"]), card["structure"])
        state = safetensors.torch.load(data)
        network.load_state_dict(state)
    except (SafetensorError, RuntimeError, TypeError):
        raise EngineError(
            f"{model}: its weights do not fit the profile '{card['profile']}': train it again"
        ) from None
    check_finite(state, str(model), "train it again")
    lacking = sorted(set(small.THRESHOLDS) - set(card["thresholds"]))
    if lacking:
        raise EngineError(
            f"{model} lacks the threshold '{lacking[0]}', as another version's may: train it again"
        )
    return TorchvisionPredictor(network, choose_device(device), card)


def _advice(params: TrainParams) -> str:
    """What to lower where memory ends."""
    return (
        f"lower train.batch ({params.batch}), or train.short_side_px ({params.short_side_px}) and "
        f"train.long_side_px ({params.long_side_px})"
    )


def _class_names(train: Coco) -> list[str]:
    return [category["name"] for category in sorted(train["categories"], key=lambda one: int(one["id"]))]
