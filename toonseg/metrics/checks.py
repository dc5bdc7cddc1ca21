"""Whether a truth and results can be scored at all: what pycocotools would take wrongly is refused."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from toonseg.errors import ToonsegError

Truth = Mapping[str, Any]
Results = Sequence[Mapping[str, Any]]


def check_truth(truth: Truth, where: str = "truth") -> None:
    """Refuse a truth whose ids are not whole numbers from 1, each once.

    COCOeval takes an annotation of id 0 for unmatched: a perfect detector would then lose points.
    ``where`` begins the sentence of the ToonsegError.
    """
    for kind in ("images", "annotations", "categories"):
        seen: set[int] = set()
        for item in truth[kind]:
            number = item["id"]
            if not isinstance(number, int) or number < 1:
                raise ToonsegError(f"{where}: {kind} have the id {number!r}: number them from 1")
            if number in seen:
                raise ToonsegError(f"{where}: two {kind} have the id {number}: give each its own")
            seen.add(number)


def check_results(truth: Truth, results: Results, where: str = "predictions") -> None:
    """Refuse results that do not belong to the truth: unknown image or class, mask of another size, NaN.

    ``where`` begins the sentence of the ToonsegError, which counts results from 1.
    """
    sizes = {image["id"]: (image["height"], image["width"]) for image in truth["images"]}
    classes = {category["id"] for category in truth["categories"]}
    for at, result in enumerate(results, start=1):
        missing = {"image_id", "category_id", "score", "bbox", "segmentation"} - result.keys()
        if missing:
            raise ToonsegError(f"{where}: result {at} has no {min(missing)}")
        image, mask = result["image_id"], result["segmentation"]
        if image not in sizes:
            raise ToonsegError(
                f"{where}: result {at} is for image {image!r}, which the truth does not hold: "
                "they were made from other panels, predict again"
            )
        if result["category_id"] not in classes:
            raise ToonsegError(
                f"{where}: result {at} is of class {result['category_id']!r}, which the truth does not know"
            )
        if not math.isfinite(result["score"]):
            raise ToonsegError(f"{where}: result {at} has the score {result['score']}: train the model again")
        if not isinstance(mask, Mapping) or "counts" not in mask or "size" not in mask:
            raise ToonsegError(f"{where}: result {at} has no mask in COCO's run-length encoding")
        if tuple(mask["size"]) != sizes[image]:
            raise ToonsegError(
                f"{where}: result {at} has a mask of {mask['size'][1]} x {mask['size'][0]} pixels, but its "
                f"image has {sizes[image][1]} x {sizes[image][0]}: predict again on this cut"
            )
