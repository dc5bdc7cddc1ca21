"""What `toonseg predict` does: pictures in, results and pictures of them out; no DVC."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from toonseg.console import progress
from toonseg.engines.base import Coco, Device, load
from toonseg.engines.model_dir import CARD, FILES
from toonseg.engines.places import check_file, check_folder, check_overlays, check_spared
from toonseg.errors import EngineError, ImageError, ToonsegError
from toonseg.geometry import Rle, decode_rle
from toonseg.images import Picture, decode, encode
from toonseg.pictures.overlay import Shape, overlay
from toonseg.records import natural_key
from toonseg.store import write_bytes, write_json

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}


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
