"""Figures about labels: ``python -m benchmarks.labels COMMAND``.

``round-trips FILE...`` writes label files in each format, reads them back, and compares the masks.
``locate`` finds spoilt crops on a drawn strip of 50,000 rows, and crops of other strips on it.
``scale`` splits 20,000 panels with 100,000 instances.
``witness FILE... --out DIR`` writes COCO and CVAT files with blank pictures, for benchmarks/witness.py.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from toonseg.demo.artist.episode import draw_episode
from toonseg.formats.coco import dataset_document
from toonseg.formats.labelfile import read_labels
from toonseg.formats.labelwriter import write_labels
from toonseg.formats.registry import FORMATS, format_of
from toonseg.geometry import Box, Rle, segmentation_rle
from toonseg.images import Picture, decode, encode
from toonseg.labels.align import Fit, correlation
from toonseg.labels.alike import Fingerprints
from toonseg.labels.dataset import build_dataset
from toonseg.labels.locate import Found, as_grey, coarse_strip, decide, find_crop
from toonseg.labels.names import ALIASES, ClassNames
from toonseg.labels.regions import Instance, LabelledRegion, SeriesLabels
from toonseg.records import PANEL, Page, Panel
from toonseg.splits import SplitParams
from toonseg.store import write_bytes
from toonseg.strip import Strip, common_width, place_pages

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


def long_strip(series: str, rows: int) -> Strip:
    """The first episodes of a demo series below each other, as many as make so many rows."""
    pictures: list[Picture] = []
    number = 0
    while sum(picture.shape[0] for picture in pictures) < rows:
        number += 1
        pages = draw_episode(series, number).pages
        pictures += [decode(data, name) for name, data in pages]
    pages = [Page(series, "1", n, str(n), p.shape[1], p.shape[0], 1, 0, "") for n, p in enumerate(pictures)]
    placements = place_pages(pages, common_width(pages))
    return Strip(placements, lambda placement: pictures[placement.page])


def spoilt(strip: Strip, random: Random) -> tuple[Picture, Box, bool]:
    """A crop of a strip, trimmed, mostly scaled to 345 to 1000 columns, grey or not, as JPEG of 30 to 90.

    With its box on the strip, and whether it was scaled.
    """
    height = random.randrange(250, 900)
    y0 = random.randrange(strip.height - height)
    left, right = (random.choice([0, random.randrange(30)]) for _ in range(2))
    box = left, y0, strip.width - right, y0 + height
    crop = np.ascontiguousarray(strip.rows(y0, y0 + height)[:, left : strip.width - right])
    scaled = random.random() < 0.6
    if scaled:
        width = random.randrange(345, 1001)
        size = width, round(height * width / crop.shape[1])
        method = cv2.INTER_AREA if width < crop.shape[1] else cv2.INTER_CUBIC
        crop = np.asarray(cv2.resize(crop, size, interpolation=method), np.uint8)
    if random.random() < 0.4:
        crop = np.repeat(as_grey(crop)[..., None], 3, axis=2)
    return decode(encode(crop, "jpg", random.randrange(30, 91)), "crop"), box, scaled


def show_locate(count: int, seed: int) -> None:
    """Print how many of so many crops were found, why others were left to a person, and what it costs."""
    cv2.setNumThreads(1)
    random = Random(seed)
    strip, other = long_strip("after-class", 50_000), long_strip("moonlit-bus", 9_000)
    coarse = coarse_strip(strip.rows, strip.width, strip.height)
    fates, flags = Counter[str](), Counter[str]()
    strange, spent = 0.0, 0.0
    for number in range(count):
        crop, box, scaled = spoilt(strip, random)
        begin = time.process_time()
        places = find_crop(crop, coarse, strip.rows)
        spent += time.process_time() - begin
        found = decide(places, None)
        if found is None:
            fates["flagged"] += 1
            flags[why_flagged(strip, box, places)] += 1
        else:
            off = max(abs(found.x0 - box[0]), abs(found.y0 - box[1]))
            fates["exact" if off == 0 else "1 px off" if off == 1 and scaled else "wrong"] += 1
            if off > scaled:
                print("wrong", box, crop.shape, found)
        if number < count // 4:
            elsewhere = find_crop(spoilt(other, random)[0], coarse, strip.rows)
            strange = max([strange, *(place.score for place in elsewhere)])
    told = ", ".join(f"{fate} {fates[fate]}" for fate in ("exact", "1 px off", "flagged", "wrong"))
    print(f"{strip.height} rows, {count} crops: {told}; {spent / count:.3f} CPU-s a crop")
    print("flagged: " + (", ".join(f"{why} {its}" for why, its in sorted(flags.items())) or "none"))
    print(f"the best place of a crop from another strip correlates by {strange:.2f}")


def why_flagged(strip: Strip, box: Box, places: Sequence[Found]) -> str:
    """Why nobody could tell where an unspoilt crop of a strip is from; ``missed`` when one could.

    ``places`` are those that were found for it, spoilt.
    """
    x0, y0, x1, y1 = box
    clean = as_grey(np.ascontiguousarray(strip.rows(y0, y1)[:, x0:x1]))
    if clean.std() < 3:
        return "nearly blank"
    if (np.ptp(clean, axis=1) < 8).mean() > 0.95:
        return "rows of one grey"
    alike = 0
    for place in places:
        rows = as_grey(strip.rows(place.y0, min(place.y0 + y1 - y0, strip.height)))
        same = correlation(clean[: len(rows)], rows, Fit(x0, 0, 1.0)) > 0.99
        alike += abs(place.y0 - y0) > 2 and same
    return "drawn alike elsewhere on the strip" if alike else "missed"


def show_scale(count: int) -> None:
    """Project and split so many panels with five instances each, and print CPU time and peak memory."""
    random = np.random.default_rng(1)
    panels, regions = [], []
    for number in range(count):
        episode, y0 = str(1 + number // 100), 1000 * (number % 100)
        instances = []
        for at in range(5):
            x, y = random.integers(70, 620, 2)
            turns = np.sort(random.uniform(0, 2 * np.pi, 30))
            points = np.stack([x + 60 * np.cos(turns), y + 60 * np.sin(turns)], axis=1)
            name = CLASSES[int(random.integers(len(CLASSES)))]
            instances.append(Instance(5 * number + at + 1, name, (tuple(points.ravel().tolist()),)))
        place = number + 1, "school", episode, 0, y0, 690, 700, ""
        regions.append(LabelledRegion(*place, tuple(instances)))
        panels.append(Panel("school", episode, 20, y0 + 20, 670, y0 + 680, PANEL, ""))
    params = SplitParams(0.8, 0.0, 1, "panel", "", 0.3, 0.9)

    def look(wanted: Sequence[Panel]) -> Fingerprints:
        return random.integers(0, 2**63, (len(wanted), 8), dtype=np.uint64)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "school.json"
        write_labels(path, SeriesLabels("school", tuple(regions)), CLASSES)
        begin = time.process_time()
        read = read_labels(path, CLASSES).regions
        print(f"labels read: {time.process_time() - begin:.1f} CPU-s")
        dataset = build_dataset(panels, read, CLASSES, params, look)
        print(f"and split: {time.process_time() - begin:.1f} CPU-s")
        document = dataset_document(dataset.train, CLASSES, defaultdict(str), "train")
        print(f"and the training set made: {time.process_time() - begin:.1f} CPU-s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(document['images'])} of {count} panels to train; {peak:.2f} GB at most")


def write_for_witness(files: Sequence[Path], out: Path) -> None:
    """Write the labels of files as COCO and CVAT, laid out as datumaro wants them, with blank pictures."""
    names = ClassNames(CLASSES, ALIASES)
    regions = [region for file in files for region in FORMATS[format_of(file)].read(file, names)]
    keyed = [(f"{number:05d}", region) for number, region in enumerate(regions)]
    FORMATS["coco"].write(out / "coco/annotations", keyed, CLASSES)
    (out / "coco/annotations/instances.json").rename(out / "coco/annotations/instances_all.json")
    FORMATS["cvat"].write(out / "cvat", keyed, CLASSES)
    for key, region in keyed:
        blank = encode(np.zeros((region.height, region.width), np.uint8), "png", 100)
        for folder in ("coco/images/all", "cvat/images"):
            write_bytes(out / folder / f"{key}.png", blank)
    instances = [label for region in regions for label in region.instances]
    polygons = sum(len(of.segmentation) for of in instances if not isinstance(of.segmentation, dict))
    print(f"{len(regions)} pictures, {len(instances)} instances, {polygons} polygons in {out}")


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    trips = commands.add_parser("round-trips")
    trips.add_argument("files", nargs="+", type=Path)
    trips.set_defaults(run=lambda options: show_round_trips(options.files))
    locate = commands.add_parser("locate")
    locate.add_argument("--crops", type=int, default=200)
    locate.add_argument("--seed", type=int, default=0)
    locate.set_defaults(run=lambda options: show_locate(options.crops, options.seed))
    scale = commands.add_parser("scale")
    scale.add_argument("--panels", type=int, default=20_000)
    scale.set_defaults(run=lambda options: show_scale(options.panels))
    witness = commands.add_parser("witness")
    witness.add_argument("files", nargs="+", type=Path)
    witness.add_argument("--out", type=Path, required=True)
    witness.set_defaults(run=lambda options: write_for_witness(options.files, options.out))
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
