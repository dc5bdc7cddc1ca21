"""The engine ``detectron2``: Detectron2's own configuration, loader, trainer and checkpointer.

It does the same as the engine torchvision, by another's code: docs/detectron2.md tells where they differ.
"""

import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import detectron2
import numpy as np
import safetensors.torch
import torch
from detectron2.data import DatasetMapper, build_detection_train_loader
from detectron2.data import transforms as T  # noqa: N812  # its own custom
from detectron2.engine import AMPTrainer, HookBase, SimpleTrainer, hooks
from detectron2.modeling import build_model
from detectron2.solver import build_lr_scheduler, build_optimizer
from detectron2.structures import BoxMode
from ruamel.yaml.error import YAMLError

from toonseg.engines import memory, small
from toonseg.engines.base import (
    REHEARSED_STEPS,
    Coco,
    Device,
    Predictor,
    Rehearsal,
    Step,
    TrainParams,
    Watcher,
    world_size,
)
from toonseg.engines.card import weights_bytes
from toonseg.engines.checkpoint import fingerprint
from toonseg.engines.data import read_samples
from toonseg.engines.detectron2_parts import STATE, Autocast, Clock, Keeper, Later, Seed, Teller, quiet
from toonseg.engines.detectron2_predict import MOST, Detectron2Predictor
from toonseg.engines.device import choose_device, repeatable
from toonseg.engines.foreign import check_finite
from toonseg.engines.model_dir import read_model_card, read_weights, write_model
from toonseg.engines.validation import Validation
from toonseg.engines.zoo import SafeCheckpointer, config_from, config_of, start_from
from toonseg.errors import EngineError

_TONE = 0.5  # change of saturation and of brightness at the full colour jitter


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
    _check_alone()
    with quiet(), repeatable(params):
        training = _Training(train, pictures, params, validation)
        if params.init:
            watch.note(f"starts from {training.source}")
        training.run(checkpoints, watch)
    best = validation.best if validation else {}
    told = {"kept": validation.told()} if validation else {}
    write_model(out, weights_bytes(best or training.model.state_dict()), training.card() | told)
    (checkpoints / f"{STATE}.pth").unlink(missing_ok=True)
    (checkpoints / "last_checkpoint").unlink(missing_ok=True)
    last = training.history[-params.log_every :]
    return {name: float(np.mean([losses[name] for losses in last])) for name in last[-1]}


def rehearse(train: Coco, pictures: Path, params: TrainParams) -> Rehearsal:
    """Measure as ``toonseg.engines.base.rehearse`` says."""
    _check_alone()
    with quiet(), repeatable(params):
        training = _Training(train, pictures, params)
        memory.forget_peak(training.device)
        clock = Clock()
        training.train([clock], 0, REHEARSED_STEPS)
    name = training.device.type
    return Rehearsal(
        torch.cuda.get_device_name() if name == "cuda" else name,
        float(np.median(clock.seconds)),
        memory.peak_bytes(training.device),
        memory.there_bytes(training.device),
    )


def load(model: Path, device: Device) -> Predictor:
    """Load as ``toonseg.engines.base.load`` says."""
    card = read_model_card(model)
    data = read_weights(model, card)
    try:
        with quiet():
            cfg = config_from(card["structure"]["config"])
            cfg.MODEL.DEVICE = choose_device(device).type
            network = build_model(cfg)
    except (KeyError, TypeError, ValueError, AssertionError, YAMLError) as error:
        raise EngineError(
            f"{model}: its configuration is not of this Detectron2 ({error}): train it again"
        ) from None
    try:
        state = safetensors.torch.load(data)
        network.load_state_dict(state, strict=False)
    except RuntimeError:
        raise EngineError(f"{model}: its weights do not fit its configuration: train it again") from None
    check_finite(state, str(model), "train it again")
    return Detectron2Predictor(network, cfg, tuple(card["classes"]))


class _Training:
    """Detectron2's model, optimiser, schedule and loader for a dataset."""

    def __init__(
        self, train: Coco, pictures: Path, params: TrainParams, validation: Validation | None = None
    ) -> None:
        self.params = params
        self._validation = validation
        self.device = choose_device(params.device)
        # Detectron2 reads each file when it comes to it: here a fault shows before the first step.
        samples, self._digest = read_samples(train, pictures, params, small.PIXEL_MEAN)
        self._instances = sum(len(sample.labels) for sample in samples)
        rows = sorted(train["categories"], key=lambda row: int(row["id"]))
        self._classes = [row["name"] for row in rows]
        self._cfg = config_of(params, len(rows), self.device.type)
        self.model = build_model(self._cfg)
        self.source = start_from(params, self.model, self._classes)
        self._optimiser = build_optimizer(self._cfg, self.model)
        self._schedule = build_lr_scheduler(self._cfg, self._optimiser)
        self._dataset = _dicts(train, pictures)
        self.history: list[dict[str, float]] = []

    def run(self, checkpoints: Path, watch: Watcher) -> None:
        """Train to the last iteration, from the last checkpoint if it is of this training."""
        checkpoints.mkdir(parents=True, exist_ok=True)
        saver = SafeCheckpointer(
            self.model, str(checkpoints), optimizer=self._optimiser, scheduler=self._schedule
        )
        digest = self._validation.digest if self._validation else ""
        mark = fingerprint(self.card(), self.device.type, detectron2.__version__, digest)
        done = self._resume(checkpoints / f"{STATE}.pth", saver, mark, watch)
        teller = Teller(self.params, self.history, self._optimiser, watch)
        keeper = Keeper(self.params, self.history, saver, mark, self._validation)
        try:
            self.train([teller, *self._validating(watch), keeper], done, self.params.iterations)
        except FloatingPointError:
            raise EngineError(
                f"training diverged at iteration {len(self.history) + 1}: lower train.learning_rate "
                f"({self.params.learning_rate}) or train.clip_norm ({self.params.clip_norm})"
            ) from None
        except (RuntimeError, MemoryError) as error:
            if not memory.ran_out(error):
                raise
            raise EngineError(
                f"{self.device.type} ran out of memory: lower train.batch ({self.params.batch}), or "
                f"train.short_side_px ({self.params.short_side_px})"
            ) from None

    def train(self, more: list[HookBase], start: int, end: int) -> None:
        """Go from one iteration to another by Detectron2's trainer."""
        # The loader draws a seed when its iteration begins: here, as in the first step a resumed run's would
        # be drawn elsewhere than an undisturbed run's.
        trainer = self._trainer(iter(self._loader(start)))
        seed = Seed(self.params.seed)
        trainer.register_hooks([seed, hooks.LRScheduler(self._optimiser, self._schedule), *more])
        trainer.train(start, end)

    def _validating(self, watch: Watcher) -> list[HookBase]:
        """What scores the model on the validation set when it is due."""
        validation = self._validation
        if validation is None:
            return []

        def look() -> None:
            predictor = Detectron2Predictor(self.model, self._cfg, tuple(self._classes))
            validation.look(len(self.history), predictor, self.model.state_dict(), watch)
            self.model.train()

        return [hooks.EvalHook(self.params.validate_every, look)]

    def card(self) -> dict[str, Any]:
        """What is needed to use the model, and to know where it comes from."""
        values = asdict(self.params)
        del values["init"]
        cfg = self._cfg.clone()
        cfg.OUTPUT_DIR, cfg.MODEL.DEVICE = "", "cpu"
        return {
            "engine": "detectron2",
            "profile": self.params.profile,
            "classes": self._classes,
            "params": values,
            "start": {"source": self.source},
            "structure": {"config": cfg.dump()},
            "thresholds": {"detections": MOST, "nms_iou": cfg.MODEL.ROI_HEADS.NMS_THRESH_TEST},
            "dataset": {
                "images": len(self._dataset),
                "instances": self._instances,
                "sha256": self._digest,
            },
            "versions": {"torch": torch.__version__, "detectron2": detectron2.__version__},
        }

    def _trainer(self, loader: Any) -> Any:
        if self.params.precision == "fp32":
            return SimpleTrainer(self.model, loader, self._optimiser)
        kind = torch.bfloat16 if self.params.precision == "bf16" else torch.float16
        if self.device.type == "cuda":
            return AMPTrainer(self.model, loader, self._optimiser, precision=kind)
        return SimpleTrainer(Autocast(self.model, self.device.type, kind), loader, self._optimiser)

    def _loader(self, start: int) -> Any:
        """Detectron2's loader, from an iteration on: single process, so that nothing is read ahead."""
        params = self.params
        looks: list[Any] = [
            T.ResizeShortestEdge(self._cfg.INPUT.MIN_SIZE_TRAIN, self._cfg.INPUT.MAX_SIZE_TRAIN, "range"),
            T.RandomFlip(prob=params.flip),
        ]
        if params.colour_jitter:
            reach = 1 - params.colour_jitter * _TONE, 1 + params.colour_jitter * _TONE
            looks += [T.RandomBrightness(*reach), T.RandomSaturation(*reach)]
        mapper = DatasetMapper(
            is_train=True,
            augmentations=looks,
            image_format=self._cfg.INPUT.FORMAT,
            use_instance_mask=True,
            instance_mask_format="bitmask",
        )
        return build_detection_train_loader(
            self._dataset,
            mapper=mapper,
            sampler=Later(len(self._dataset), params.seed, start * params.batch),
            total_batch_size=params.batch,
            aspect_ratio_grouping=False,
        )

    def _resume(self, path: Path, saver: SafeCheckpointer, mark: str, watch: Watcher) -> int:
        """Take up the state of an interrupted run of the same training; gives its iterations."""
        if not path.exists():
            return 0
        try:
            found = torch.load(path, map_location="cpu", weights_only=True)
            same, history = found["fingerprint"] == mark, json.loads(found["history"])
        except Exception:  # whatever damage does
            watch.note(f"{path} is damaged: training starts anew")
            return 0
        if not same:
            watch.note(f"{path} is of other parameters, data or libraries: training starts anew")
            return 0
        saver.load(str(path))
        watch.note(f"training goes on after iteration {len(history)}, from {path}")
        if self._validation:
            self._validation.scores, self._validation.best = found["scores"], found["best"]
        scores = dict(found["scores"])
        for losses in history:
            self.history.append(losses)
            watch.step(Step(len(self.history), self.params.iterations, 0.0, losses, replayed=True))
            if len(self.history) in scores:
                watch.score(len(self.history), scores[len(self.history)])
        return len(self.history)


def _check_alone() -> None:
    """Raise EngineError under torchrun."""
    if world_size() > 1:
        raise EngineError("engine detectron2 trains in one process here: use torchvision under torchrun")


def _dicts(train: Coco, pictures: Path) -> list[dict[str, Any]]:
    """The dataset as Detectron2 has it: classes from 0, ignored regions left out."""
    of_image = defaultdict(list)
    for one in train["annotations"]:
        if not one.get("iscrowd", 0):
            of_image[one["image_id"]].append(
                {
                    "bbox": one["bbox"],
                    "bbox_mode": BoxMode.XYWH_ABS,
                    "category_id": one["category_id"] - 1,
                    "segmentation": one["segmentation"],
                }
            )
    return [
        {
            "file_name": str(pictures / image["file_name"]),
            "image_id": image["id"],
            "height": image["height"],
            "width": image["width"],
            "annotations": of_image[image["id"]],
        }
        for image in sorted(train["images"], key=lambda image: int(image["id"]))
    ]
