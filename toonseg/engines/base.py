"""The seam between the pipeline and whatever learns: ``fit`` makes a model directory, ``load`` uses it.

An engine gets a COCO dataset and gives COCO results. Data, splits, class names and scores are not its
business. An engine's module is imported only when it is asked for, so this one costs nothing.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from annotated_types import Ge, Gt, Le, MinLen

from toonseg.engines.model_dir import read_model_card
from toonseg.errors import EngineError
from toonseg.images import Picture

if TYPE_CHECKING:
    from toonseg.engines.validation import Validation

Coco = dict[str, Any]
Device = Literal["auto", "cpu", "cuda", "mps"]

DETECTRON2_INSTALL = (
    ".venv/bin/pip install --no-build-isolation 'setuptools<82' "
    "'git+https://github.com/facebookresearch/detectron2.git'"
)
REHEARSED_STEPS = 10
LOOK_AHEAD = 32  # pictures that a predictor takes at a time, to batch those of the same padded size


@dataclass(frozen=True)
class TrainParams:
    """Section ``train``. Lengths are in pixels of the resized picture unless they say otherwise."""

    engine: Literal["torchvision", "detectron2"]
    profile: Annotated[str, MinLen(1)]  # what the engine offers
    init: str  # what to start from; empty for fresh weights
    heads: Literal["keep", "renew"]  # of init: what depends on the classes
    iterations: Annotated[int, Ge(1)]
    batch: Annotated[int, Ge(1)]  # pictures an iteration
    short_side_px: Annotated[int, Ge(64), Le(2048)]
    long_side_px: Annotated[int, Ge(64), Le(8192)]
    first_size: Annotated[float, Ge(0.25), Le(1)]  # factor of both sides in the first iteration
    scale_min: Annotated[float, Ge(0.25), Le(1)]  # size jitter, as a factor of both sides
    scale_max: Annotated[float, Ge(1), Le(4)]
    flip: Annotated[float, Ge(0), Le(1)]  # probability
    colour_jitter: Annotated[float, Ge(0), Le(1)]
    learning_rate: Annotated[float, Gt(0), Le(1)]
    weight_decay: Annotated[float, Ge(0), Le(1)]
    warmup_iterations: Annotated[int, Ge(0)]
    clip_norm: Annotated[float, Gt(0)]
    seed: Annotated[int, Ge(0), Le(2**63 - 1)]  # as generators take it
    threads: Annotated[int, Ge(1), Le(256)]
    precision: Literal["fp32", "bf16", "fp16"]
    device: Device
    keep: Literal["last", "best"]  # the weights that are written: best by the validation set
    validate_every: Annotated[int, Ge(1)]  # iterations
    checkpoint_every: Annotated[int, Ge(1)]  # iterations
    log_every: Annotated[int, Ge(1)]  # iterations


@dataclass(frozen=True)
class Step:
    """What one iteration of training did. ``losses`` holds ``loss``, the sum, and its parts."""

    iteration: int  # from 1
    iterations: int
    learning_rate: float
    losses: dict[str, float]
    replayed: bool  # done in an earlier run that was interrupted, and told again


@dataclass(frozen=True)
class Rehearsal:
    """What a training will cost, from a few of its steps."""

    device: str
    seconds_a_step: float
    peak_bytes: int  # of memory, reached on a batch of the largest pictures
    there_bytes: int  # memory that there is for it


class Watcher(Protocol):
    """Who is told how a training goes."""

    def step(self, step: Step) -> None:
        """Take note of an iteration; called for each, in order, from the first."""

    def score(self, iteration: int, ap: float) -> None:
        """Take note of the mask AP (percent) of the validation set after an iteration."""

    def note(self, sentence: str) -> None:
        """Take note of something that the user should know."""


class Predictor(Protocol):
    """A loaded model."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories' names; the first has id 1."""

    def predict(self, images: Iterable[tuple[int, Picture]], score_floor: float) -> list[Coco]:
        """COCO results of RGB (h, w, 3) pictures, each given with its image id.

        A result holds image_id, category_id (from 1), bbox (xywh in pixels), score and segmentation
        (compressed RLE of the picture's size, ``counts`` as text). At most 100 a picture, none below
        ``score_floor``; pictures in the order given, each one's results by falling score.
        """


class Engine(Protocol):
    """What a module in this folder must offer to be an engine."""

    def fit(
        self,
        train: Coco,
        pictures: Path,
        params: TrainParams,
        *,
        validation: "Validation | None",
        out: Path,
        checkpoints: Path,
        watch: Watcher,
    ) -> dict[str, float]:
        """See ``fit`` below."""

    def rehearse(self, train: Coco, pictures: Path, params: TrainParams) -> Rehearsal:
        """See ``rehearse`` below; the dataset has been checked."""

    def load(self, model: Path, device: Device) -> Predictor:
        """See ``load`` below."""


def fit(
    train: Coco,
    pictures: Path,
    params: TrainParams,
    *,
    val: Coco | None = None,
    out: Path,
    checkpoints: Path,
    watch: Watcher,
) -> dict[str, float]:
    """Train a model on a COCO dataset and write it to the directory ``out``, whole or not at all.

    ``train`` has category ids 1 to K; its file names are relative to ``pictures``, like those of the
    validation set ``val``, which has the same categories and may have no image. With one, the model is scored
    every ``params.validate_every`` iterations, and ``params.keep`` tells which weights are written. A run
    that was interrupted goes on from its last state in ``checkpoints`` and ends as if it had not been, to the
    byte; a state of other parameters, data or libraries is never used. Gives the losses (``loss``, the
    sum, and its parts), each the mean over the last ``params.log_every`` iterations.

    Raises EngineError when the dataset cannot be trained on, a picture is missing or damaged, the device
    is not there, the training diverges, or the best weights are asked for without a validation set.
    """
    check_dataset(train, watch)
    engine = _engine(params.engine)
    validation = _validation(train, val, pictures, params)
    places = {"out": out, "checkpoints": checkpoints}
    return engine.fit(train, pictures, params, validation=validation, watch=watch, **places)


def rehearse(
    train: Coco, pictures: Path, params: TrainParams, watch: Watcher, val: Coco | None = None
) -> Rehearsal:
    """Measure a few steps of the training that ``fit`` would do; nothing is written.

    Raises EngineError as ``fit`` does.
    """
    check_dataset(train, watch)
    engine = _engine(params.engine)
    _validation(train, val, pictures, params)
    return engine.rehearse(train, pictures, params)


def load(model: Path, device: Device) -> Predictor:
    """Load the model directory ``model`` on a device, without running any code from it.

    Raises EngineError when it is missing, damaged, or made by an engine or version not known here.
    """
    return _engine(read_model_card(model)["engine"]).load(model, device)


def world_size() -> int:
    """How many processes train together: more than one under torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leads() -> bool:
    """Whether this process is the one that tells and writes; the others help it to train."""
    return os.environ.get("RANK", "0") == "0"


def accelerator() -> str:
    """Name of the device that training uses here where ``device`` is auto; empty when it is the CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return "Apple GPU (mps)" if torch.backends.mps.is_available() else ""


def check_dataset(train: Coco, watch: Watcher) -> None:
    """Raise EngineError when nothing can be learnt from ``train``; tell the watcher of what is thin."""
    ids = sorted(category["id"] for category in train["categories"])
    if not ids or ids != list(range(1, len(ids) + 1)):
        raise EngineError(f"the training set's category ids are {ids}: they must be 1, 2, …, without gaps")
    if not train["images"]:
        raise EngineError("the training set holds no picture: label more panels or raise split.train")
    counts = dict.fromkeys(ids, 0)
    for annotation in train["annotations"]:
        if annotation["category_id"] not in counts:
            raise EngineError(
                f"annotation {annotation['id']} of the training set has the unknown category "
                f"{annotation['category_id']}: there is 1 to {len(ids)}"
            )
        counts[annotation["category_id"]] += not annotation.get("iscrowd", 0)
    if not any(counts.values()):
        raise EngineError("the training set holds no labelled instance: label more panels")
    if len(train["images"]) == 1:
        watch.note("the training set is one picture: the model will know little else")
    empty = [category["name"] for category in train["categories"] if not counts[category["id"]]]
    if empty:
        watch.note(f"no instance to learn from of {', '.join(empty)}: the model will not find any")


def _validation(train: Coco, val: Coco | None, pictures: Path, params: TrainParams) -> "Validation | None":
    """The validation set, where there is one."""
    if val is None or not val["images"]:
        if params.keep == "best":
            raise EngineError(
                "train.keep is best, and there is no validation set to tell it by: set split.val over 0 "
                "(toonseg fit: give --val), or train.keep to last"
            )
        return None
    wanted, there = ({one["id"]: one["name"] for one in coco["categories"]} for coco in (train, val))
    if wanted != there:
        raise EngineError(
            f"the validation set's classes are {', '.join(there.values())}, and the training set's "
            f"{', '.join(wanted.values())}: they must be the same, in the same order"
        )
    from toonseg.engines.validation import Validation

    return Validation(val, pictures, params)


def _engine(name: str) -> Engine:
    """The engine's module, imported now."""
    if name == "torchvision":
        from toonseg.engines import torchvision

        return torchvision
    if name == "detectron2":
        if not has_detectron2():
            raise EngineError(f"Detectron2 is not installed: {DETECTRON2_INSTALL} (docs/detectron2.md)")
        from toonseg.engines import detectron2

        return detectron2
    raise EngineError(f"there is no engine '{name}' here: choose torchvision, or update toonseg")


def has_detectron2() -> bool:
    """Whether Detectron2 is installed."""
    return find_spec("detectron2") is not None


def try_detectron2() -> tuple[str, str]:
    """The version of a Detectron2 that works here, or what is wrong with it; neither where there is none."""
    if not has_detectron2():
        return "", ""
    try:
        import detectron2
        from detectron2 import _C, model_zoo
    except ImportError as error:
        return "", str(error)
    del _C, model_zoo
    return str(detectron2.__version__), ""
