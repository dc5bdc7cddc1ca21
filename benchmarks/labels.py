"""Figures about labels: ``python -m benchmarks.labels [round-trips|datumaro] ...``.

``round-trips FILE...`` writes COCO files in each format, reads them back, and compares the masks.
"""

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pycocotools import mask as coco_mask

from toonseg.formats.registry import FORMATS, format_of
from toonseg.geometry import Rle, segmentation_rle
from toonseg.labels.names import ALIASES, ClassNames
from toonseg.labels.regions import LabelledRegion

CLASSES = ("hair", "dress-shirt", "T-shirt", "pants", "skirt", "outer", "tie", "vest")


def round_trip(name: str, regions: Sequence[LabelledRegion], folder: Path) -> list[float]:
    """The IoU of each instance's mask with itself, written in a format and read back.

    Raises AssertionError when an instance was split, joined, lost or given another class.
    """
    keyed = [(f"{number:05d}", region) for number, region in enumerate(regions)]
    FORMATS[name].write(folder, keyed, CLASSES)
    path = {"coco": "instances.json", "coco-rle": "instances.json", "cvat": "annotations.xml"}.get(name, ".")
    path = {"labelme": "labelme", "labelstudio": "tasks.json"}.get(name, path)
    back = FORMATS[name].read(folder / path, ClassNames(CLASSES, ALIASES))
    assert [Path(region.source).stem for region in back] == [key for key, _ in keyed]
    return [iou for before, after in zip(regions, back, strict=True) for iou in _ious(before, after)]


def _ious(before: LabelledRegion, after: LabelledRegion) -> Iterable[float]:
    assert [label.name for label in before.instances] == [label.name for label in after.instances]
    masks = [
        [segmentation_rle(label.segmentation, of.height, of.width) for label in of.instances]
        for of in (before, after)
    ]
    for one, other in zip(*masks, strict=True):
        yield iou(one, other)


def iou(one: Rle, other: Rle) -> float:
    """Intersection over union of two masks; 1 for two empty ones."""
    if one == other:
        return 1.0
    return float(coco_mask.iou([one], [other], [0])[0, 0])  # type: ignore[arg-type, list-item]


def show_round_trips(files: Sequence[Path]) -> None:
    """Print a line per format."""
    names = ClassNames(CLASSES, ALIASES)
    regions = [region for file in files for region in FORMATS[format_of(file)].read(file, names)]
    print(f"{sum(len(region.instances) for region in regions)} instances of {len(regions)} pictures")
    print("format       identical    mean IoU   least IoU")
    for name in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            ious = round_trip(name, regions, Path(folder))
        same = sum(value == 1 for value in ious)
        print(f"{name:12} {same:9} {sum(ious) / len(ious):11.5f} {min(ious):11.4f}", flush=True)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    trips = commands.add_parser("round-trips")
    trips.add_argument("files", nargs="+", type=Path)
    trips.set_defaults(run=lambda options: show_round_trips(options.files))
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
