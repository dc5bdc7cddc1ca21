"""What the engine torchvision writes of a model: its weights as bytes, and what ``model.json`` says."""

from dataclasses import asdict
from typing import Any

import safetensors.torch
import torch
import torchvision

from toonseg.engines.base import TrainParams
from toonseg.engines.data import Sample
from toonseg.engines.small import PIXEL_MEAN, PIXEL_STD, THRESHOLDS
from toonseg.engines.start import Start


def weights_bytes(state: dict[str, torch.Tensor]) -> bytes:
    """A model's state as safetensors."""
    data: bytes = safetensors.torch.save({name: its.cpu().contiguous() for name, its in state.items()})
    return data


def card_of(
    params: TrainParams, start: Start, classes: list[str], digest: str, samples: list[Sample]
) -> dict[str, Any]:
    """What is needed to use the model, and to know where it comes from."""
    values = asdict(params)
    del values["init"]  # a place on this machine
    return {
        "engine": "torchvision",
        "profile": params.profile,
        "classes": classes,
        "params": values,
        "start": {"source": start.source, "sha256": start.sha256},
        "structure": start.structure,
        "pixel_mean": PIXEL_MEAN,
        "pixel_std": PIXEL_STD,
        "thresholds": THRESHOLDS,
        "dataset": {
            "images": len(samples),
            "instances": sum(len(sample.labels) for sample in samples),
            "sha256": digest,
        },
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
    }
