"""What the report is made of: the pipeline's outputs, from a project's folder or from an older commit."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toonseg.errors import ToonsegError
from toonseg.records import natural_key
from toonseg.store import read_json

Coco = Mapping[str, Any]
TRAIN, VAL, TEST = (f"data/dataset/{side}.json" for side in ("train", "val", "test"))
PREDICTIONS = "data/predictions/test.json"
_NOTHING: Coco = {"images": [], "annotations": []}  # what an older commit without a val.json validated on
EXPORTED = "data/exports/masks.json"
EVALUATION, SPLIT = "metrics/evaluate.json", "metrics/split.json"


@dataclass(frozen=True)
class ShownPanel:
    """A panel of the report. ``labels`` and ``predictions`` are COCO's, the latter by falling score."""

    path: str
    series: str
    episode: str
    side: str
    width: int
    height: int
    labels: tuple[Coco, ...]
    predictions: tuple[Coco, ...]


def read_panels(read: Callable[[str], Any]) -> tuple[dict[int, str], list[ShownPanel]]:
    """The classes by their ids and all panels: those of the dataset, and the exported ones without labels.

    ``read`` gives the content of a JSON file by its path in the project. Panels stand in natural order.
    Raises ToonsegError when predictions do not belong to their panels.
    """
    train, val, test = read(TRAIN), {**_NOTHING, **optional(read, VAL)}, read(TEST)
    classes = {category["id"]: category["name"] for category in test["categories"]}
    panels = [*_panels(train, "train", {}), *_panels(val, "val", {})]
    panels += _panels(test, "test", _by_image(read(PREDICTIONS)))
    labelled = {panel.path for panel in panels}
    exported = read(EXPORTED)
    for path, dataset in ((TRAIN, train), (VAL, val), (EXPORTED, exported)):
        _check_classes(dataset.get("categories", ()), classes, path)
    found = _by_image([one for one in exported["annotations"] if one["source"] == "prediction"])
    without = [image for image in exported["images"] if image["file_name"] not in labelled]
    panels += _panels({"images": without, "annotations": []}, "unlabelled", found)
    for panel in panels:
        _check(panel, classes)
    return classes, sorted(panels, key=lambda panel: natural_key(panel.path))


def project_reader(root: Path) -> Callable[[str], Any]:
    """Read JSON files of the project in a folder."""
    return lambda path: read_json(root / path)


def optional(read: Callable[[str], Any], path: str) -> Any:
    """The content of a file that may be absent: an empty mapping then."""
    try:
        return read(path)
    except ToonsegError:
        return {}


def cut_counts(root: Path) -> dict[str, dict[str, int]]:
    """What each series' cut counted, by the series' name."""
    return {path.stem: read_json(path) for path in sorted((root / "metrics/cut").glob("*.json"))}


def _panels(dataset: Coco, side: str, found: Mapping[int, Sequence[Coco]]) -> list[ShownPanel]:
    labels = _by_image(dataset["annotations"])
    return [
        ShownPanel(
            image["file_name"],
            image["series"],
            image["episode"],
            side,
            image["width"],
            image["height"],
            tuple(labels.get(image["id"], ())),
            tuple(sorted(found.get(image["id"], ()), key=lambda one: -one["score"])),
        )
        for image in dataset["images"]
    ]


def _by_image(annotations: Sequence[Coco]) -> dict[int, list[Coco]]:
    found: dict[int, list[Coco]] = defaultdict(list)
    for annotation in annotations:
        found[annotation["image_id"]].append(annotation)
    return found


def _check_classes(categories: Sequence[Coco], classes: Mapping[int, str], path: str) -> None:
    """Raise ToonsegError where a file has other names for the ids of the test set's classes."""
    for category in categories:
        known = classes.get(category["id"])
        if known != category["name"]:
            raise ToonsegError(
                f"{path}: class {category['id']} is {category['name']!r} there and {known!r} in {TEST}: run "
                "`dvc repro`"
            )


def _check(panel: ShownPanel, classes: Mapping[int, str]) -> None:
    for one in (*panel.labels, *panel.predictions):
        if tuple(one["segmentation"]["size"]) != (panel.height, panel.width):
            raise ToonsegError(f"{panel.path}: its masks are of another cut: run `dvc repro`")
        if one["category_id"] not in classes:
            raise ToonsegError(f"{panel.path}: a mask is of class {one['category_id']!r}: run `dvc repro`")


def script(name: str, value: Any) -> bytes:
    """A JavaScript file that hands a value to ``TOONSEG.NAME``.

    Scripts load from disk where JSON may not. What could end a script or a line in it is escaped, so that
    a title is never more than a title.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"TOONSEG.{name}({text});\n".encode()
