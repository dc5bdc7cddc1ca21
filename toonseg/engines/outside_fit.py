"""What `toonseg fit` does: a dataset in, a model directory out; no DVC."""

import math
import shutil
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

import toonseg
from toonseg.coco_files import read_dataset, with_classes_of
from toonseg.engines.base import Coco, Rehearsal, TrainParams, fit, leads, rehearse
from toonseg.engines.datasets import check_filled, left_out
from toonseg.engines.model_dir import CARD
from toonseg.engines.places import check_above, check_pictures, drop_curves
from toonseg.engines.watch import Listener, TrainingLog
from toonseg.errors import ParamsError, ToonsegError
from toonseg.params import PARAMS_FILE, check_params, find_section, read_yaml

_GB = 1e9
_SURE = 0.9  # share of the memory that a training may plan with
_FEW_LOOKS = 3  # at each picture; below it a training has hardly begun
_MANY_LOOKS = 10


@dataclass(frozen=True)
class FitOrder:
    """What a user asks `toonseg fit` for; ``values`` and ``set`` come before those of params.yaml."""

    train: Path
    val: Path | None
    images: Path
    out: Path
    values: dict[str, Any]
    set: tuple[str, ...]  # KEY=VALUE each
    params: Path | None


def run_fit(order: FitOrder, *, dry: bool) -> str:
    """Train a model, or with ``dry`` only tell what that would cost; gives the summary.

    Under torchrun one process tells; the others give nothing.
    """
    params = _params(order)
    out = _model_place(order.out)
    dataset = read_dataset(order.train)
    train = dataset.coco
    if not train["categories"]:
        raise ToonsegError(f"--train {order.train} has no categories: name the classes to learn in it")
    check_filled(train, f"--train {order.train}", "name another dataset")
    check_pictures(train, order.images, "training")
    val = _val(order, train)
    if dry:
        listener = Listener(silent=not leads())
        measured = rehearse(train, order.images, params, listener, val)
        return "\n".join([_forecast(train, params, measured), *left_out(dataset)]) if leads() else ""
    aside = out.with_name(f".{out.name}.training")
    learn = partial(fit, train, order.images, params, val=val, out=out, checkpoints=aside)
    if not leads():
        learn(watch=Listener(silent=True))
        return ""
    started_s = time.monotonic()
    try:
        with TrainingLog(aside / "live", params.log_every) as log:
            for note in [*left_out(dataset), *_doubts(train, params)]:
                log.note(note)
            losses = learn(watch=log)
    except BaseException:
        drop_curves(aside)
        raise
    log.publish(out / "curves")
    shutil.rmtree(aside)
    minutes = (time.monotonic() - started_s) / 60
    return f"{order.out}: {params.iterations} iterations, loss {losses['loss']:.2f}, {minutes:.1f} min"


def _params(order: FitOrder) -> TrainParams:
    """The section ``train`` with the order's own values."""
    path = order.params or PARAMS_FILE
    if order.params and not path.is_file():
        raise ParamsError(f"--params {path}: there is no such file")
    if order.params is None and not path.exists():
        path = Path(toonseg.__file__).parent.parent / PARAMS_FILE  # of the checkout that is installed
    values = {**_section(path, given=order.params is not None), **order.values}
    for one in order.set:
        key, equals, value = one.partition("=")
        if not equals or not key.strip():
            raise ParamsError(f"--set {one}: write it as KEY=VALUE, such as iterations=400")
        try:
            values[key.strip()] = YAML(typ="safe").load(value)
        except YAMLError:
            raise ParamsError(f"--set {one}: '{value}' is no value") from None
    return check_params(values, TrainParams, f"{path}, section 'train'" + " and --set" * bool(order.set))


def _section(path: Path, *, given: bool) -> dict[str, Any]:
    """The section ``train`` of a file that was ``given``, or of the one that was found here."""
    try:
        section: dict[str, Any] = find_section(read_yaml(path), "train", path)
        check_params(section, TrainParams, f"{path}, section 'train'")
    except ParamsError as error:
        more = "" if given else "; if that file is another project's, name toonseg's with --params"
        raise ParamsError(f"{error}{more}") from None
    return section


def _val(order: FitOrder, train: Coco) -> Coco | None:
    """The validation set, with the training set's classes. Raises ToonsegError when nothing can be scored."""
    if order.val is None:
        return None
    val = with_classes_of(read_dataset(order.val).coco, train, str(order.val))
    check_filled(val, f"--val {order.val}", "name another dataset, or leave out --val")
    check_pictures(val, order.images, "validation")
    return val


def _model_place(out: Path) -> Path:
    """Where the model is to be, itself and not a link to it. Raises ToonsegError when it cannot be there."""
    check_above(out)
    if out.exists() and not (out / CARD).exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ToonsegError(f"{out} is there and is no model directory: choose another --out")
    return out.resolve() if out.is_symlink() or out.name in ("", "..") else out


def _doubts(train: Coco, params: TrainParams) -> list[str]:
    """Sentences where the number of iterations does not suit the number of pictures, or the warm-up."""
    count = len(train["images"])
    looks = params.iterations * params.batch / max(count, 1)
    doubts = []
    if 0 < looks < _FEW_LOOKS:
        enough = math.ceil(_MANY_LOOKS * count / params.batch)
        doubts.append(
            f"each of {count} pictures is seen {looks:.1f} times, which is little: --set iterations={enough} "
            f"makes that {_MANY_LOOKS}"
        )
    if params.warmup_iterations > params.iterations / 2:
        doubts.append(
            f"the learning rate rises for {params.warmup_iterations} iterations, of {params.iterations} in "
            f"all: --set warmup_iterations={params.iterations // 10} leaves time to learn"
        )
    return doubts


def _forecast(train: Coco, params: TrainParams, measured: Rehearsal) -> str:
    """Size, time and memory of a training, as text."""
    instances = sum(not annotation["iscrowd"] for annotation in train["annotations"])
    minutes = measured.seconds_a_step * params.iterations / 60
    enough = measured.peak_bytes < _SURE * measured.there_bytes
    epochs = params.iterations * params.batch / len(train["images"])
    return "\n".join(
        [
            f"images     {len(train['images'])}",
            f"instances  {instances} of {len(train['categories'])} classes",
            f"steps      {params.iterations} of {params.batch} images: each is seen {epochs:.1f} times",
            f"time       about {minutes:.1f} min on {measured.device}: {measured.seconds_a_step:.2f} s each",
            f"memory     {measured.peak_bytes / _GB:.1f} GB of {measured.there_bytes / _GB:.1f} GB: "
            + ("enough" if enough else "too little, lower train.batch or train.short_side_px"),
            *_doubts(train, params),
        ]
    )
