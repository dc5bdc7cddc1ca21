"""The engine ``torchvision``: its Mask R-CNN, trained by a plain loop, in one process or several.

On a CPU the same parameters, data and libraries give the same weights, bit for bit.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError

from toonseg.engines import memory, ranks, small
from toonseg.engines.base import (
    REHEARSED_STEPS,
    Coco,
    Device,
    Predictor,
    Rehearsal,
    Step,
    TrainParams,
    Watcher,
    leads,
    world_size,
)
from toonseg.engines.card import card_of, weights_bytes
from toonseg.engines.checkpoint import (
    Checkpoint,
    fingerprint,
    read_checkpoint,
    remove_checkpoint,
    write_checkpoint,
)
from toonseg.engines.data import Example, Sample, draw_batch, read_samples, worst_batch
from toonseg.engines.device import choose_device, repeatable
from toonseg.engines.model_dir import read_model_card, read_weights, write_model
from toonseg.engines.predict import TorchvisionPredictor
from toonseg.engines.schedule import make_optimiser, rate_factor, set_rate
from toonseg.engines.shares import Shares, norms_of
from toonseg.engines.start import PROFILES, Start, build, read_start, started
from toonseg.errors import EngineError

_DIVERGED = 1000.0  # a loss begins below 10; from here, or where it is no number, nothing comes back
_NORM_PICTURES = 200  # from which the statistics of BatchNorm are taken in the end
_AUTOCAST = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def fit(
    train: Coco, pictures: Path, params: TrainParams, *, out: Path, checkpoints: Path, watch: Watcher
) -> dict[str, float]:
    """Train as ``toonseg.engines.base.fit`` says."""
    device = ranks.own_device(choose_device(params.device))
    start = read_start(params)
    samples, digest = read_samples(train, pictures, params, small.PIXEL_MEAN)
    classes = _class_names(train)
    card = card_of(params, start, classes, digest, samples)
    mark = fingerprint(card, device.type, world_size())
    with repeatable(params), ranks.together(device, params.batch), ExitStack() as stack:
        training = stack.enter_context(_Training(classes, samples, params, device, start))
        for note in training.notes:
            watch.note(note)
        training.resume(checkpoints, mark, watch)
        training.run(checkpoints, mark, watch)
        if leads():
            training.settle_norms()
            write_model(out, weights_bytes(training.model), card)
            remove_checkpoint(checkpoints)
    last = training.history[-params.log_every :]
    return {name: float(np.mean([losses[name] for losses in last])) for name in last[-1]}


def rehearse(train: Coco, pictures: Path, params: TrainParams) -> Rehearsal:
    """Measure as ``toonseg.engines.base.rehearse`` says."""
    device = choose_device(params.device)
    samples, _ = read_samples(train, pictures, params, small.PIXEL_MEAN)
    with repeatable(params), ExitStack() as stack:
        start = read_start(params)
        training = stack.enter_context(_Training(_class_names(train), samples, params, device, start))
        memory.forget_peak(device)
        training.step(0, worst_batch(samples, params, params.batch))
        seconds = []
        for iteration in range(REHEARSED_STEPS):
            started_s = time.perf_counter()
            training.step(iteration, draw_batch(samples, params, iteration))
            seconds.append(time.perf_counter() - started_s)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return Rehearsal(name, float(np.median(seconds)), memory.peak_bytes(device), memory.there_bytes(device))


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
        network.load_state_dict(safetensors.torch.load(data))
    except (SafetensorError, RuntimeError, TypeError):
        raise EngineError(
            f"{model}: its weights do not fit the profile '{card['profile']}': train it again"
        ) from None
    return TorchvisionPredictor(network, choose_device(device), card)


class _Training:
    """A model, its optimiser, and the losses of the iterations that they have been through."""

    def __init__(
        self,
        classes: list[str],
        samples: list[Sample],
        params: TrainParams,
        device: torch.device,
        start: Start,
    ) -> None:
        self._samples = samples
        self._params = params
        self._device = device
        fresh = build(params.profile, len(classes), start.structure)
        self.notes = started(fresh, start, classes, params)
        self.model = fresh.to(device, memory_format=torch.channels_last).train()
        self._network: torch.nn.Module = self.model
        self._scaler = torch.amp.GradScaler(device.type, enabled=params.precision == "fp16")
        self._optimiser = make_optimiser(self.model, params.learning_rate, params.weight_decay)
        self._shares = None
        if device.type == "cpu" and world_size() == 1 and params.precision != "fp16":
            threads = min(params.threads, params.batch)
            self._shares = Shares(self.model, threads, params.threads // threads)
        self.history: list[dict[str, float]] = []

    def __enter__(self) -> "_Training":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shares:
            self._shares.close()

    def resume(self, checkpoints: Path, mark: str, watch: Watcher) -> None:
        """Take up the state of an interrupted run of the same training, if there is one."""
        checkpoint, sentence = read_checkpoint(checkpoints, mark)
        if sentence:
            watch.note(sentence)
        if checkpoint:
            self.model.load_state_dict(checkpoint.model)
            self._optimiser.load_state_dict(checkpoint.optimiser)
            self._scaler.load_state_dict(checkpoint.scaler)
            for losses in checkpoint.history:
                self._remember(losses, watch, replayed=True)

    def run(self, checkpoints: Path, mark: str, watch: Watcher) -> None:
        """Train to the last iteration, writing a checkpoint every few."""
        params = self._params
        if world_size() > 1:
            self._network = torch.nn.parallel.DistributedDataParallel(self.model)
        while len(self.history) < params.iterations:
            done = len(self.history)
            examples = ranks.share(draw_batch(self._samples, params, done))
            self._remember(self.step(done, examples), watch, replayed=False)
            done += 1
            if done % params.checkpoint_every == 0 and done < params.iterations and leads():
                write_checkpoint(checkpoints, mark, self._state(done))

    def _state(self, done: int) -> Checkpoint:
        return Checkpoint(
            done,
            self.model.state_dict(),
            self._optimiser.state_dict(),
            self.history,
            self._scaler.state_dict(),
        )

    def settle_norms(self) -> None:
        """Give BatchNorm the statistics of many batches under the final weights.

        The running ones lag behind the weights and swing with each small batch: Wu and Johnson,
        "Rethinking 'Batch' in BatchNorm", 2021, section 3.
        """
        params = self._params
        norms = norms_of(self.model)
        for norm in norms:
            norm.track_running_stats = True
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over the batches
        for extra in range(min(params.iterations, -(-_NORM_PICTURES // params.batch)) if norms else 0):
            examples = draw_batch(self._samples, params, params.iterations + extra)
            with torch.inference_mode(), self._autocast():
                images, _ = self.model.transform(_tensors(examples, self._device)[0])
                self.model.backbone(images.tensors)

    def _autocast(self) -> torch.autocast:
        kind = _AUTOCAST[self._params.precision]
        return torch.autocast(self._device.type, kind, enabled=kind != torch.float32)

    def step(self, iteration: int, examples: list[Example]) -> dict[str, float]:
        """One step of the optimiser; gives the losses before it, of all processes.

        Raises EngineError when they diverge, or when memory does not do.
        """
        set_rate(self._optimiser.param_groups, self._rate(iteration))
        try:
            return self._update(iteration, examples)
        except (RuntimeError, MemoryError) as error:
            if not memory.ran_out(error):
                raise
        raise EngineError(self._too_large(len(examples)))  # here nothing holds the batch's tensors any more

    def _update(self, iteration: int, examples: list[Example]) -> dict[str, float]:
        params = self._params
        self._optimiser.zero_grad()
        parts = self._derive(iteration, examples, self._network)
        values = ranks.mean(torch.stack([part.detach() for part in parts.values()])).tolist()
        losses = {name: round(value, 6) for name, value in zip(parts, values, strict=True)}
        self._scaler.unscale_(self._optimiser)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), params.clip_norm)
        learnable = torch.isfinite(norm) or self._scaler.get_scale() > 1
        if not (learnable and losses["loss"] < _DIVERGED):
            raise EngineError(_diverged(iteration, losses["loss"], params))
        self._scaler.step(self._optimiser)  # but for gradients that overflowed in fp16
        self._scaler.update()
        return losses

    def _derive(
        self, iteration: int, examples: list[Example], network: torch.nn.Module
    ) -> dict[str, torch.Tensor]:
        """Give the parameters their gradients; gives the losses by name, of this process."""
        params = self._params

        def losses_of(share: list[Example]) -> dict[str, torch.Tensor]:
            with self._autocast():
                parts: dict[str, torch.Tensor] = network(*_tensors(share, self._device))
            parts = {name: part.float() for name, part in parts.items()}
            return {"loss": torch.stack(list(parts.values())).sum(), **parts}

        if self._shares:
            count = min(params.threads, len(examples))
            seeds = [_seed(params.seed, iteration, share) for share in range(count)]
            return self._shares.derive(losses_of, examples, seeds)
        torch.manual_seed(_seed(params.seed, iteration, ranks.rank()))
        losses = losses_of(examples)
        self._scaler.scale(losses["loss"]).backward()  # type: ignore[no-untyped-call]
        return losses

    def _too_large(self, batch: int) -> str:
        """The sentence of a batch that memory does not hold: which would fit, found by trying."""
        while batch := batch // 2:
            self._optimiser.zero_grad()
            memory.release(self._device)
            try:
                self._derive(0, worst_batch(self._samples, self._params, batch), self.model)
                break
            except (RuntimeError, MemoryError) as error:
                if not memory.ran_out(error):
                    raise
        advice = (
            f"a batch of {batch * world_size()} would fit: lower train.batch ({self._params.batch}) to it, or"
            if batch
            else "a batch of 1 does not fit either:"
        )
        return (
            f"{self._device.type} ran out of memory: {advice} lower train.short_side_px "
            f"({self._params.short_side_px}) and train.long_side_px ({self._params.long_side_px})"
        )

    def _remember(self, losses: dict[str, float], watch: Watcher, *, replayed: bool) -> None:
        """Add an iteration's losses to the history, and tell the watcher."""
        rate = self._rate(len(self.history))
        self.history.append(losses)
        watch.step(Step(len(self.history), self._params.iterations, rate, losses, replayed))

    def _rate(self, iteration: int) -> float:
        params = self._params
        return params.learning_rate * rate_factor(iteration, params.iterations, params.warmup_iterations)


def _seed(*numbers: int) -> int:
    """A seed of torch's generators that is a function of these numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _class_names(train: Coco) -> list[str]:
    return [category["name"] for category in sorted(train["categories"], key=lambda one: int(one["id"]))]


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
