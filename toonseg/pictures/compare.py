"""Which panels of a test set are shown, with their labels beside their predictions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from toonseg.geometry import Rle, decode_rle
from toonseg.panels import read_panel
from toonseg.pictures.overlay import Shape
from toonseg.pictures.palette import Picture
from toonseg.pictures.sheet import Pair, sheet
from toonseg.records import natural_key

Coco = Mapping[str, Any]


def comparison(truth: Coco, results: Sequence[Coco], folder: Path, most: int, least_score: float) -> Picture:
    """A sheet of ``most`` panels of a test set whose pictures lie below ``folder``.

    Predictions below ``least_score`` are left out. Raises ImageError when a picture cannot be read.
    """
    names = {category["id"]: category["name"] for category in truth["categories"]}
    pairs = []
    for image in spread(labelled_images(truth), most):
        labels = [
            _shape(label, names)
            for label in truth["annotations"]
            if label["image_id"] == image["id"] and not label["iscrowd"]
        ]
        predictions = [
            _shape(result, names, result["score"])
            for result in results
            if result["image_id"] == image["id"] and result["score"] >= least_score
        ]
        _, picture = read_panel(folder, image["file_name"], image["width"], image["height"])
        # The large first, the sure last: what is drawn later lies on top.
        labels.sort(key=lambda shape: -int(shape.mask.sum()))
        predictions.sort(key=lambda shape: shape.score or 0)
        pairs.append(Pair(picture, labels, predictions, image["file_name"].removesuffix(".png")))
    return sheet(pairs, [names[class_id] for class_id in sorted(names)])


def labelled_images(truth: Coco) -> list[dict[str, Any]]:
    """The images that show an instance, in the natural order of their files."""
    shown = {label["image_id"] for label in truth["annotations"] if not label["iscrowd"]}
    images = [image for image in truth["images"] if image["id"] in shown]
    return sorted(images, key=lambda image: natural_key(image["file_name"]))


def spread(images: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """At most ``most`` images, evenly spread, so that no choice flatters the model.

    >>> [image["id"] for image in spread([{"id": number} for number in range(10)], 3)]
    [1, 5, 8]
    """
    count = min(most, len(images))
    return [images[(2 * at + 1) * len(images) // (2 * count)] for at in range(count)]


def _shape(annotation: Coco, names: Mapping[int, str], score: float | None = None) -> Shape:
    class_id = annotation["category_id"]
    return Shape(class_id, names[class_id], decode_rle(cast(Rle, annotation["segmentation"])), score)
