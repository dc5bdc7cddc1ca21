"""A training of torchvision's Mask R-CNN: the model, its optimiser, and a plain loop that can be resumed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torchvision.models.detection import MaskRCNN

from toonseg.engines import memory, ranks
from toonseg.engines.base import Predictor, Step, TrainParams, Watcher, leads, world_size
from toonseg.engines.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from toonseg.engines.data import Example, Sample, draw_batch, worst_batch
from toonseg.engines.schedule import make_optimiser, rate_factor, set_rate
from toonseg.engines.shares import Shares, norms_of
from toonseg.engines.start import Start, build, started
from toonseg.engines.validation import Validation
from toonseg.errors import EngineError

_DIVERGED = 1000.0  # a loss begins below 10; from here, or where it is no number, nothing comes back
_LONE = "Expected more than 1 value per channel"  # what BatchNorm says of one picture of one cell
_NORM_PICTURES = 200  # from which the statistics of BatchNorm are taken in the end
_AUTOCAST = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Training:
    """A model, its optimiser, and the losses of the iterations that they have been through."""

    def __init__(
        self,
        classes: list[str],
        samples: list[Sample],
        params: TrainParams,
        device: torch.device,
        start: Start,
        validation: Validation | None = None,
    ) -> None:
        self._samples = samples
        self._params = params
        self._device = device
        self._validation = validation
        self._build = partial(build, params.profile, len(classes), start.structure)
        fresh = self._build()
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

    def __enter__(self) -> "Training":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shares:
            self._shares.close()

    def spread(self) -> None:
        """Share the gradients with the other processes, where there are any; they must be together."""
        if world_size() > 1:
            self._network = torch.nn.parallel.DistributedDataParallel(self.model)

    def resume(self, checkpoints: Path, mark: str, watch: Watcher) -> None:
        """Take up the state of an interrupted run of the same training, if there is one."""
        checkpoint, sentence = read_checkpoint(checkpoints, mark)
        if sentence:
            watch.note(sentence)
        if checkpoint:
            self.model.load_state_dict(checkpoint.model)
            self._optimiser.load_state_dict(checkpoint.optimiser)
            self._scaler.load_state_dict(checkpoint.scaler)
            if self._validation:
                self._validation.scores, self._validation.best = checkpoint.scores, checkpoint.best
            scores = dict(checkpoint.scores)
            for losses in checkpoint.history:
                self._remember(losses, watch, replayed=True)
                if (done := len(self.history)) in scores:
                    watch.score(done, scores[done])

    def run(
        self, checkpoints: Path, mark: str, watch: Watcher, predictor: Callable[[MaskRCNN], Predictor]
    ) -> None:
        """Train to the last iteration, writing a checkpoint every few, and validating when it is due.

        ``predictor`` gives one for a model that the training is done with.
        """
        params = self._params
        self.spread()
        draw = partial(draw_batch, self._samples, params)
        with ThreadPoolExecutor(1) as ahead:  # draws the next batch while this one is learnt from
            upcoming = ahead.submit(draw, len(self.history))
            while len(self.history) < params.iterations:
                examples, done = ranks.share(upcoming.result()), len(self.history) + 1
                upcoming = ahead.submit(draw, done)
                self._remember(self.step(done - 1, examples), watch, replayed=False)
                if self._validation and self._validation.due(done) and leads():
                    settled = self.settled()
                    self._validation.look(done, predictor(settled), settled.state_dict(), watch)
                if done % params.checkpoint_every == 0 and done < params.iterations and leads():
                    write_checkpoint(checkpoints, mark, self._state(done))

    def _state(self, done: int) -> Checkpoint:
        return Checkpoint(
            done,
            self.model.state_dict(),
            self._optimiser.state_dict(),
            self.history,
            self._scaler.state_dict(),
            self._validation.scores if self._validation else [],
            self._validation.best if self._validation else {},
        )

    def settled(self) -> MaskRCNN:
        """A copy of the model whose BatchNorm has the statistics of many batches under its weights.

        The running ones lag behind the weights and swing with each small batch: Wu and Johnson,
        "Rethinking 'Batch' in BatchNorm", 2021, section 3.
        """
        params = self._params
        model = self._build().to(self._device, memory_format=torch.channels_last).train()
        model.load_state_dict(self.model.state_dict())
        norms = norms_of(model)
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over the batches
        for extra in range(min(params.iterations, -(-_NORM_PICTURES // params.batch)) if norms else 0):
            examples = draw_batch(self._samples, params, params.iterations + extra)
            with torch.inference_mode(), self._autocast():
                images, _ = model.transform(_tensors(examples, self._device)[0])
                model.backbone(images.tensors)
        return model

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
        except ValueError as error:
            if _LONE not in str(error):
                raise
            raise EngineError(_too_small(self._params)) from None
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


def _diverged(iteration: int, loss: float, params: TrainParams) -> str:
    return (
        f"training diverged at iteration {iteration + 1} (loss {loss:.3g}): in params.yaml lower "
        f"train.learning_rate ({params.learning_rate}) or train.clip_norm ({params.clip_norm}), "
        f"or raise train.warmup_iterations ({params.warmup_iterations})"
    )


def _too_small(params: TrainParams) -> str:
    return (
        "a picture is too small to be learnt from alone: raise train.short_side_px and train.long_side_px "
        f"({params.short_side_px}, {params.long_side_px}), train.first_size ({params.first_size}), or "
        f"train.batch ({params.batch}) to at least two for each of train.threads ({params.threads})"
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
