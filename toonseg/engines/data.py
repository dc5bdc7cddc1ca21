"""Panels and their masks as batches for training.

All pictures are held in memory at the largest size that training asks for (about 0.4 MB each at a short
side of 256), so every fault of a file shows before the first iteration. What is drawn at random is a
function of the seed and the iteration alone.

A region to ignore (``iscrowd`` 1) is painted over with the mean colour, which the network sees as the
zeros of its padding: it can be taken neither for an instance nor for background that looks like one.
Labelled instances that overlap it stay.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from toonseg.engines.base import Coco, TrainParams
from toonseg.errors import EngineError, ImageError
from toonseg.geometry import Mask, Rle, decode_rle, encode_rle, rle_box
from toonseg.images import Picture, decode

_GROWN = 0.75  # share of a training after which pictures are shown at full size
_SMALLEST_PX = 2.0  # an instance's side after resizing; below it there is nothing to learn
_WINDOW = 8  # batches among which pictures are sorted by shape, to pad them less
_HUE_TURN = 36  # degrees of hue at the full colour jitter
_TONE = 0.5  # change of saturation and of brightness at the full colour jitter
_EPOCH, _ORDER, _LOOK = range(3)  # what a random generator is for: no two purposes share one


@dataclass(frozen=True)
class Sample:
    """A picture in memory with its n instances: RLE masks and boxes (n, 4) xyxy in its pixels."""

    picture: Picture
    labels: NDArray[np.int64]
    boxes_xyxy: NDArray[np.float64]
    masks: tuple[Rle, ...]


@dataclass(frozen=True)
class Example:
    """A sample as one iteration sees it: ``masks`` is (n, h, w)."""

    picture: Picture
    labels: NDArray[np.int64]
    boxes_xyxy: NDArray[np.float64]
    masks: NDArray[np.uint8]


def fit_scale(height: int, width: int, short_px: float, long_px: float) -> float:
    """Factor that brings the short side to ``short_px``, or less where the long one would pass ``long_px``.

    >>> fit_scale(100, 200, 50, 400), fit_scale(100, 1000, 50, 400)
    (0.5, 0.4)
    """
    return min(short_px / min(height, width), long_px / max(height, width))


def resized(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Scale a picture or a mask of 0 and 1 (or 255) with each side rounded, at least 1 pixel."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return picture
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)


def read_samples(
    train: Coco, pictures: Path, params: TrainParams, mean: Sequence[float]
) -> tuple[list[Sample], str]:
    """Read all pictures of a dataset; also a digest of all that training will see of it.

    ``mean`` is the colour (0 to 1) that covers regions to ignore. Raises EngineError that names a picture
    which is missing, damaged or not of the size that the dataset states.
    """
    of_image = defaultdict(list)
    for annotation in train["annotations"]:
        of_image[annotation["image_id"]].append(annotation)
    digest = hashlib.sha256()
    samples = []
    for image in sorted(train["images"], key=lambda image: int(image["id"])):
        annotations = sorted(of_image[image["id"]], key=lambda annotation: int(annotation["id"]))
        sample = _sample(read_picture(pictures, image, "training"), annotations, params, mean)
        samples.append(sample)
        digest.update(repr((sample.picture.shape, sample.labels.tolist(), sample.masks)).encode())
        digest.update(sample.picture.tobytes())
        digest.update(sample.boxes_xyxy.tobytes())
    return samples, digest.hexdigest()


def draw_batch(samples: list[Sample], params: TrainParams, iteration: int) -> list[Example]:
    """The examples of an iteration (from 0), each with its own random size, side and colours."""
    size = size_factor(iteration, params.iterations, params.first_size)
    shown = replace(params, scale_min=params.scale_min * size, scale_max=params.scale_max * size)
    shapes = [sample.picture.shape[1] / sample.picture.shape[0] for sample in samples]
    numbers = batch_numbers(shapes, params.batch, params.seed, iteration)
    return [
        augment(samples[number], shown, np.random.default_rng([params.seed, _LOOK, iteration, slot]))
        for slot, number in enumerate(numbers)
    ]


def size_factor(iteration: int, iterations: int, first: float) -> float:
    """Share of their full sides at which an iteration (from 0) shows pictures: from ``first``, evenly, to 1.

    Early on a network learns what small pictures show as well, and they cost less: Howard, fast.ai's entry
    to DAWNBench, 2018.

    >>> [size_factor(i, 100, 0.5) for i in (0, 30, 75, 99)]
    [0.5, 0.7, 1.0, 1.0]
    """
    return min(1.0, first + (1 - first) * iteration / (_GROWN * iterations))


def worst_batch(samples: list[Sample], params: TrainParams, batch: int) -> list[Example]:
    """The largest pictures at the largest size that training may show them: what needs the most memory."""
    largest = sorted(samples, key=lambda sample: sample.picture.size, reverse=True)
    at_most = replace(params, scale_min=params.scale_max)
    return [
        augment(largest[slot % len(largest)], at_most, np.random.default_rng([params.seed, _LOOK, slot]))
        for slot in range(batch)
    ]


def batch_numbers(shapes: Sequence[float], batch: int, seed: int, iteration: int) -> list[int]:
    """Which samples an iteration (from 0) gets: each comes once before any comes again.

    ``shapes`` are the samples' widths over heights. Samples of like shape share a batch where chance
    brings them near each other, since a batch is padded to its largest.
    """
    window, place = divmod(iteration, _WINDOW)
    count = _WINDOW * batch
    stream: list[int] = []
    for epoch in range(window * count // len(shapes), ((window + 1) * count - 1) // len(shapes) + 1):
        stream.extend(np.random.default_rng([seed, _EPOCH, epoch]).permutation(len(shapes)).tolist())
    start = window * count % len(shapes)
    drawn = sorted(stream[start : start + count], key=lambda number: shapes[number])
    first = int(np.random.default_rng([seed, _ORDER, window]).permutation(_WINDOW)[place]) * batch
    return drawn[first : first + batch]


def augment(sample: Sample, params: TrainParams, random: np.random.Generator) -> Example:
    """Resize, perhaps mirror, and recolour a sample."""
    height, width = sample.picture.shape[:2]
    jitter = random.uniform(params.scale_min, params.scale_max)
    scale = fit_scale(height, width, params.short_side_px * jitter, params.long_side_px * jitter)
    mirrored = random.random() < params.flip
    picture = recoloured(resized(sample.picture, scale), params.colour_jitter, random)
    boxes = sample.boxes_xyxy * (np.array(picture.shape[1::-1] * 2) / (width, height, width, height))
    if mirrored:
        picture = picture[:, ::-1].copy()  # numpy takes one column for contiguous, whatever its stride
        boxes = np.stack(
            [picture.shape[1] - boxes[:, 2], boxes[:, 1], picture.shape[1] - boxes[:, 0], boxes[:, 3]], axis=1
        )
    kept = np.flatnonzero((boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) >= _SMALLEST_PX)
    masks = np.zeros((len(kept), *picture.shape[:2]), np.uint8)
    for place, number in enumerate(kept):
        mask = _resized_mask(decode_rle(sample.masks[number]), scale)
        masks[place] = mask[:, ::-1] if mirrored else mask
    return Example(picture, sample.labels[kept], boxes[kept], masks)


def recoloured(picture: Picture, strength: float, random: np.random.Generator) -> Picture:
    """Turn the hue and change saturation and brightness, each at random up to ``strength`` (0 to 1)."""
    turn, saturation, brightness = random.uniform(-strength, strength, 3)
    if strength == 0:
        return picture
    levels = np.arange(256.0)
    changed = np.stack(
        [
            (levels + turn * _HUE_TURN * 256 / 360) % 256,
            levels * (1 + saturation * _TONE),
            levels * (1 + brightness * _TONE),
        ],
        axis=1,
    )
    table = changed.clip(0, 255).astype(np.uint8)[:, None]
    hsv = cv2.LUT(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV_FULL), table)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL), dtype=np.uint8)


def read_picture(pictures: Path, image: dict[str, Any], which: str) -> Picture:
    """The picture of a dataset's image; ``which`` names the dataset.

    Raises EngineError when it is missing, damaged, or not of the size that the dataset states.
    """
    path = pictures / image["file_name"]
    try:
        picture = decode(path.read_bytes(), str(path))
    except FileNotFoundError:
        cure = "run `dvc repro`" if _of_dvc(path) else "see to --images"
        raise EngineError(f"{path} is in the {which} set but does not exist: {cure}") from None
    except ImageError as error:
        cure = "delete it and run `dvc repro`" if _of_dvc(path) else "put a whole one in its place"
        raise EngineError(f"{error}: {cure}") from None
    height, width = picture.shape[:2]
    if (width, height) != (image["width"], image["height"]):
        cure = "run `dvc repro split`" if _of_dvc(path) else "see to --images"
        raise EngineError(
            f"{path} is {width} x {height} pixels, and the {which} set says "
            f"{image['width']} x {image['height']}: {cure}"
        )
    return picture


def _of_dvc(path: Path) -> bool:
    """Whether a file lies in a project of DVC, whose pipeline can make it again."""
    return any((folder / "dvc.yaml").is_file() for folder in path.absolute().parents)


def _sample(
    picture: Picture, annotations: list[dict[str, Any]], params: TrainParams, mean: Sequence[float]
) -> Sample:
    """Cover what is to be ignored, and reduce picture and masks to the largest size of training."""
    height, width = picture.shape[:2]
    ignored = [annotation for annotation in annotations if annotation.get("iscrowd", 0)]
    instances = [annotation for annotation in annotations if not annotation.get("iscrowd", 0)]
    if ignored:
        cover = _union(ignored, height, width) & ~_union(instances, height, width)
        picture = np.where(cover[..., None], np.round(np.multiply(mean, 255)), picture).astype(np.uint8)
    scale = fit_scale(
        height, width, params.short_side_px * params.scale_max, params.long_side_px * params.scale_max
    )
    scale = min(scale, 1.0)  # enlarging waits until it is wanted
    reduced = resized(picture, scale)
    rles = [annotation["segmentation"] for annotation in instances]
    boxes = np.array([rle_box(rle) for rle in rles], np.float64).reshape(-1, 4)
    return Sample(
        picture=reduced,
        labels=np.array([annotation["category_id"] for annotation in instances], np.int64),
        boxes_xyxy=boxes * (np.array(reduced.shape[1::-1] * 2) / (width, height, width, height)),
        masks=tuple(encode_rle(_resized_mask(decode_rle(rle), scale)) for rle in rles),
    )


def _union(annotations: list[dict[str, Any]], height: int, width: int) -> Mask:
    """The pixels of any of the annotations."""
    covered = np.zeros((height, width), np.bool_)
    for annotation in annotations:
        covered |= decode_rle(annotation["segmentation"])
    return covered


def _resized_mask(mask: Mask, scale: float) -> Mask:
    """Scale a mask: a pixel belongs to it when at least half of it does."""
    return resized(mask.astype(np.uint8) * np.uint8(255), scale) >= 128
