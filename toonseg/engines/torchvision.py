"""The engine ``torchvision``: its Mask R-CNN, trained by a plain loop.

On a CPU the same parameters, data and libraries give the same weights, bit for bit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
import torchvision
from safetensors import SafetensorError
from torchvision.models.detection import MaskRCNN

from toonseg.engines import small
from toonseg.engines.base import Coco, Device, Predictor, Step, TrainParams, Watcher
from toonseg.engines.checkpoint import (
    Checkpoint,
    fingerprint,
    read_checkpoint,
    remove_checkpoint,
    write_checkpoint,
)
from toonseg.engines.data import Example, Sample, draw_batch, read_samples
from toonseg.engines.model_dir import read_model_card, read_weights, write_model
from toonseg.engines.predict import TorchvisionPredictor
from toonseg.engines.schedule import make_optimiser, rate_factor, set_rate
from toonseg.errors import EngineError

_DIVERGED = 1000.0  # a loss begins below 10; from here, or where it is no number, nothing comes back
_NORM_PICTURES = 200  # from which the statistics of BatchNorm are taken in the end
_PROFILES: dict[str, Callable[[int], MaskRCNN]] = {"small": small.build_small}


def fit(
    train: Coco, pictures: Path, params: TrainParams, *, out: Path, checkpoints: Path, watch: Watcher
) -> dict[str, float]:
    """Train as ``toonseg.engines.base.fit`` says."""
    device = choose_device(params.device)
    samples, digest = read_samples(train, pictures, params, small.PIXEL_MEAN)
    classes = [category["name"] for category in sorted(train["categories"], key=lambda one: int(one["id"]))]
    mark = fingerprint(asdict(params), classes, digest, device.type, torchvision.__version__)
    with _repeatable(params):
        training = _Training(len(classes), samples, params, device)
        training.resume(checkpoints, mark, watch)
        training.run(checkpoints, mark, watch)
        training.settle_norms()
    write_model(out, _weights(training.model), _card(params, classes, digest, samples))
    remove_checkpoint(checkpoints)
    last = training.history[-params.log_every :]
    return {name: float(np.mean([losses[name] for losses in last])) for name in last[-1]}


def load(model: Path, device: Device) -> Predictor:
    """Load as ``toonseg.engines.base.load`` says."""
    card = read_model_card(model)
    data = read_weights(model, card)
    if card["profile"] not in _PROFILES:
        raise EngineError(
            f"{model} has the profile '{card['profile']}', unknown to engine torchvision here: update toonseg"
        )
    network = _PROFILES[card["profile"]](len(card["classes"]))
    try:
        network.load_state_dict(safetensors.torch.load(data))
    except (SafetensorError, RuntimeError):
        raise EngineError(
            f"{model}: its weights do not fit the profile '{card['profile']}': train it again"
        ) from None
    return TorchvisionPredictor(network, choose_device(device), card)


def choose_device(wanted: Device) -> torch.device:
    """The torch device of that name; ``auto`` is the fastest there is. Raises EngineError without it."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, usable in there.items() if usable))
    if not there[wanted]:
        raise EngineError(f"this machine offers torch no device '{wanted}': set device to auto or cpu")
    return torch.device(wanted)


@contextmanager
def _repeatable(params: TrainParams) -> Iterator[None]:
    """Compute with the threads and the seed of ``params``, and leave torch's own as they were."""
    threads = torch.get_num_threads()
    torch.set_num_threads(params.threads)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(params.seed)
            yield
    finally:
        torch.set_num_threads(threads)


class _Training:
    """A model, its optimiser, and the losses of the iterations that they have been through."""

    def __init__(
        self, classes: int, samples: list[Sample], params: TrainParams, device: torch.device
    ) -> None:
        self._samples = samples
        self._params = params
        self._device = device
        self.model = _PROFILES[params.profile](classes).to(device, memory_format=torch.channels_last).train()
        self._optimiser = make_optimiser(self.model, params.learning_rate, params.weight_decay)
        self.history: list[dict[str, float]] = []

    def resume(self, checkpoints: Path, mark: str, watch: Watcher) -> None:
        """Take up the state of an interrupted run of the same training, if there is one."""
        checkpoint, sentence = read_checkpoint(checkpoints, mark)
        if sentence:
            watch.note(sentence)
        if checkpoint:
            self.model.load_state_dict(checkpoint.model)
            self._optimiser.load_state_dict(checkpoint.optimiser)
            for losses in checkpoint.history:
                self._remember(losses, watch, replayed=True)

    def run(self, checkpoints: Path, mark: str, watch: Watcher) -> None:
        """Train to the last iteration, writing a checkpoint every few."""
        params = self._params
        while len(self.history) < params.iterations:
            self._remember(self._iterate(len(self.history)), watch, replayed=False)
            done = len(self.history)
            if done % params.checkpoint_every == 0 and done < params.iterations:
                state = Checkpoint(done, self.model.state_dict(), self._optimiser.state_dict(), self.history)
                write_checkpoint(checkpoints, mark, state)

    def settle_norms(self) -> None:
        """Give BatchNorm the statistics of many batches under the final weights.

        The running ones lag behind the weights and swing with each small batch: Wu and Johnson,
        "Rethinking 'Batch' in BatchNorm", 2021, section 3.
        """
        params = self._params
        norms = [layer for layer in self.model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over the batches
        for extra in range(min(params.iterations, -(-_NORM_PICTURES // params.batch))):
            examples = draw_batch(self._samples, params, params.iterations + extra)
            with torch.inference_mode(), self._autocast():
                images, _ = self.model.transform(_tensors(examples, self._device)[0])
                self.model.backbone(images.tensors)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self._params.precision == "bf16")

    def _iterate(self, iteration: int) -> dict[str, float]:
        """One step of the optimiser; gives the losses before it. Raises EngineError when they diverge."""
        params = self._params
        torch.manual_seed(int(np.random.SeedSequence([params.seed, iteration]).generate_state(1)[0]))
        set_rate(self._optimiser.param_groups, self._rate(iteration))
        examples = draw_batch(self._samples, params, iteration)
        try:
            with self._autocast():
                parts: dict[str, torch.Tensor] = self.model(*_tensors(examples, self._device))
            total = torch.stack([part.float() for part in parts.values()]).sum()
            losses = {"loss": total.item(), **{name: part.item() for name, part in parts.items()}}
            if not losses["loss"] < _DIVERGED:
                raise EngineError(_diverged(iteration, losses["loss"], params))
            self._optimiser.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), params.clip_norm)
            if not torch.isfinite(norm):
                raise EngineError(_diverged(iteration, losses["loss"], params))
            self._optimiser.step()
        except torch.OutOfMemoryError:
            raise EngineError(
                f"{self._device.type} ran out of memory: lower train.batch ({params.batch}) or "
                f"train.short_side_px ({params.short_side_px}) in params.yaml"
            ) from None
        return {name: round(value, 6) for name, value in losses.items()}

    def _remember(self, losses: dict[str, float], watch: Watcher, *, replayed: bool) -> None:
        """Add an iteration's losses to the history, and tell the watcher."""
        rate = self._rate(len(self.history))
        self.history.append(losses)
        watch.step(Step(len(self.history), self._params.iterations, rate, losses, replayed))

    def _rate(self, iteration: int) -> float:
        params = self._params
        return params.learning_rate * rate_factor(iteration, params.iterations, params.warmup_iterations)


def _diverged(iteration: int, loss: float, params: TrainParams) -> str:
    return (
        f"training diverged at iteration {iteration + 1} (loss {loss:.3g}): in params.yaml lower "
        f"train.learning_rate ({params.learning_rate}) or train.clip_norm ({params.clip_norm}), "
        f"or raise train.warmup_iterations ({params.warmup_iterations})"
    )


def _tensors(
    examples: list[Example], device: torch.device
) -> tuple[list[torch.Tensor], list[dict[str, torch.Tensor]]]:
    """Pictures (3, h, w) from 0 to 1, and targets, as torchvision wants them."""
    images = [
        torch.from_numpy(example.picture).to(device).permute(2, 0, 1).float() / 255 for example in examples
    ]
    targets = [
        {
            "boxes": torch.from_numpy(example.boxes_xyxy).float().to(device),
            "labels": torch.from_numpy(example.labels).to(device),
            "masks": torch.from_numpy(example.masks).to(device),
        }
        for example in examples
    ]
    return images, targets


def _weights(model: MaskRCNN) -> bytes:
    """The model's state as safetensors."""
    state = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    data: bytes = safetensors.torch.save(state)
    return data


def _card(params: TrainParams, classes: list[str], digest: str, samples: list[Sample]) -> dict[str, Any]:
    """What is needed to use the model, and to know where it comes from."""
    return {
        "engine": "torchvision",
        "profile": params.profile,
        "classes": classes,
        "params": asdict(params),
        "pixel_mean": small.PIXEL_MEAN,
        "pixel_std": small.PIXEL_STD,
        "thresholds": small.THRESHOLDS,
        "dataset": {
            "images": len(samples),
            "instances": sum(len(sample.labels) for sample in samples),
            "sha256": digest,
        },
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__},
    }
