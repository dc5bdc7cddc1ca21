"""What `toonseg fit`, `predict` and `score` do: files in, files out, a summary line; no DVC."""

import math
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

import toonseg
from toonseg.coco_files import CocoFile, read_dataset, read_results, with_classes_of
from toonseg.console import progress
from toonseg.engines.base import Coco, Device, Rehearsal, TrainParams, fit, leads, load, rehearse
from toonseg.engines.model_dir import CARD, FILES
from toonseg.engines.places import (
    check_above,
    check_file,
    check_folder,
    check_overlays,
    check_pictures,
    check_spared,
    drop_curves,
)
from toonseg.engines.watch import Listener, TrainingLog
from toonseg.errors import EngineError, ImageError, ParamsError, ToonsegError
from toonseg.geometry import Rle, decode_rle
from toonseg.images import Picture, decode, encode
from toonseg.metrics.tables import every_score, report, text
from toonseg.params import PARAMS_FILE, check_params, find_section, read_yaml
from toonseg.pictures.overlay import Shape, overlay
from toonseg.records import natural_key
from toonseg.scores import TABLES, write_report
from toonseg.store import write_bytes, write_json

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}
_GB = 1e9
_SURE = 0.9  # share of the memory that a training may plan with
_HIGH_FLOOR = 0.3  # least score from which on average precision misses predictions
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
    _check_filled(train, f"--train {order.train}", "name another dataset")
    check_pictures(train, order.images, "training")
    val = _val(order, train)
    if dry:
        listener = Listener(silent=not leads())
        measured = rehearse(train, order.images, params, listener, val)
        return "\n".join([_forecast(train, params, measured), *_empty(dataset)]) if leads() else ""
    aside = out.with_name(f".{out.name}.training")
    learn = partial(fit, train, order.images, params, val=val, out=out, checkpoints=aside)
    if not leads():
        learn(watch=Listener(silent=True))
        return ""
    started_s = time.monotonic()
    try:
        with TrainingLog(aside / "live", params.log_every) as log:
            for note in [*_empty(dataset), *_doubts(train, params)]:
                log.note(note)
            losses = learn(watch=log)
    except BaseException:
        drop_curves(aside)
        raise
    log.publish(out / "curves")
    shutil.rmtree(aside)
    minutes = (time.monotonic() - started_s) / 60
    return f"{order.out}: {params.iterations} iterations, loss {losses['loss']:.2f}, {minutes:.1f} min"


def run_predict(
    model: Path, places: Sequence[Path], out: Path, overlays: Path | None, least_score: float, device: Device
) -> str:
    """Predict pictures and write COCO results, and pictures of them where asked; gives the summary.

    A result also holds ``file_name``, the picture's path below the folder that was given, and
    ``category``, the class's name. Raises ToonsegError when there is no picture; and, after the results of
    the others are written, when some are unusable, with the fault of each.
    """
    check_file(out)
    check_folder(overlays)
    check_overlays(overlays, places)
    files = _files(places)
    check_spared("--out", [out], [*files.values(), *(model / name for name in FILES)])
    if model.is_file():
        raise EngineError(f"{model} is a file: give the folder of the model, which holds {CARD}")
    predictor = load(model, device)
    names, faults = list(files), dict[str, str]()
    started_s = time.monotonic()
    pictures = _pictures(progress(files.items(), "predict", "picture", len(files)), faults)
    results = [
        {
            **result,
            "file_name": names[result["image_id"] - 1],
            "category": predictor.classes[result["category_id"] - 1],
        }
        for result in predictor.predict(pictures, least_score)
    ]
    milliseconds = 1000 * (time.monotonic() - started_s) / len(files)
    whole = {name: path for name, path in files.items() if name not in faults}
    if whole:
        write_json(out, results)
    if overlays:
        _write_overlays(overlays, whole, results)
    if faults:
        raise ToonsegError(
            f"{len(faults)} of {len(files)} pictures cannot be used"
            + (f", {out} holds the others: " if whole else ": ")
            + "; ".join(faults.values())
        )
    return f"{out}: {len(files)} pictures, {len(results)} instances, {milliseconds:.0f} ms a picture"


def run_score(
    truth: Path, results: Path, out: Path | None, tables: Path | None, *, count_score: float, fast: bool
) -> str:
    """Score results against a truth, and write scores and tables where asked; gives them as text.

    Found, missed and confused are counted among results from ``count_score`` on.
    """
    check_file(out)
    check_folder(tables)
    check_spared("--json", [out] if out else [], [truth, results])
    check_spared("--csv", [tables / f"{name}.csv" for name in TABLES] if tables else [], [truth, results])
    dataset = read_dataset(truth)
    found = read_results(results, dataset)
    _check_filled(dataset.coco, f"--truth {truth}", "name a labelled dataset")
    scored = report(dataset.coco, found, count_score, fast=fast)
    if out:
        write_json(out, every_score(scored))
    if tables:
        write_report(tables, scored)
    least = min((result["score"] for result in found), default=0.0)
    warning = (
        f"No result scores below {least:.2f}. Average precision counts unsure ones too: "
        "predict with --score 0.05"
    )
    told = [text(scored), *([warning] if least >= _HIGH_FLOOR else []), *_empty(dataset)]
    return "\n\n".join(told)


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
            values[key.strip()] = YAML(typ="safe", pure=True).load(value)
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
    _check_filled(val, f"--val {order.val}", "name another dataset, or leave out --val")
    check_pictures(val, order.images, "validation")
    return val


def _check_filled(coco: Coco, place: str, cure: str) -> None:
    """Raise ToonsegError when a dataset holds no picture, or no instance in them."""
    if not coco["images"]:
        raise ToonsegError(f"{place} holds no picture: {cure}")
    if all(annotation["iscrowd"] for annotation in coco["annotations"]):
        raise ToonsegError(f"{place} holds no instance to find: {cure}")


def _model_place(out: Path) -> Path:
    """Where the model is to be, itself and not a link to it. Raises ToonsegError when it cannot be there."""
    check_above(out)
    if out.exists() and not (out / CARD).exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ToonsegError(f"{out} is there and is no model directory: choose another --out")
    return out.resolve() if out.is_symlink() or out.name in ("", "..") else out


def _empty(dataset: CocoFile) -> list[str]:
    """A sentence where a dataset has annotations without a pixel."""
    return [f"{dataset.empty} annotations hold no pixel: they are left out"] if dataset.empty else []


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


def _files(places: Sequence[Path]) -> dict[str, Path]:
    """The pictures in the places, by their names in the results: folders are searched to the bottom.

    Hidden files and folders in them are passed over; a picture in two of the places counts in the first.
    """
    files: dict[str, Path] = {}
    there: set[Path] = set()
    for place in places:
        if not place.exists():
            raise ToonsegError(f"{place} does not exist")
        inside = [place]
        if place.is_dir():
            inside = [
                path for path in place.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file()
            ]
        for path in sorted(inside, key=lambda path: natural_key(path.as_posix())):
            below = path.relative_to(place)  # "." for a file that was named itself
            if any(part.startswith(".") for part in below.parts) or path.resolve() in there:
                continue
            name = below.as_posix() if place.is_dir() else path.name
            if name in files:
                raise ToonsegError(f"{files[name]} and {path} have one name: give a folder above both")
            files[name] = path
            there.add(path.resolve())
    if not files:
        raise ToonsegError(
            f"no picture in {', '.join(map(str, places))}: {', '.join(sorted(_SUFFIXES))} count"
        )
    return files


def _pictures(files: Iterable[tuple[str, Path]], faults: dict[str, str]) -> Iterator[tuple[int, Picture]]:
    """Pictures with their numbers, from 1; ``faults`` takes why one cannot be read, by its name."""
    for number, (name, path) in enumerate(files, 1):
        try:
            yield number, decode(path.read_bytes(), str(path))
        except ImageError as error:
            faults[name] = str(error)
        except OSError as error:
            faults[name] = f"{path}: {error.strerror}"


def _write_overlays(folder: Path, files: Mapping[str, Path], results: Sequence[Coco]) -> None:
    """Write each picture as PNG with its instances over it, the surest on top.

    Pictures that only their suffixes tell apart keep them: ``1.jpg.png`` beside ``1.png.png``.
    """
    of_file = defaultdict(list)
    for result in sorted(results, key=lambda result: float(result["score"])):
        mask = decode_rle(cast(Rle, result["segmentation"]))
        of_file[result["file_name"]].append(
            Shape(result["category_id"], result["category"], mask, result["score"])
        )
    plain = {name: (folder / name).with_suffix(".png") for name in files}
    shared = Counter(plain.values())
    for name, path in files.items():
        drawn = overlay(decode(path.read_bytes(), str(path)), of_file[name])
        place = plain[name] if shared[plain[name]] == 1 else folder / f"{name}.png"
        write_bytes(place, encode(drawn, "png", 100))
