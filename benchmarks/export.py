"""Figures of exports: panels a second and the share of encoding, and the way of masks out and back.

python -m benchmarks.export speed [PANELS]     cut-outs and label maps of 1,000 drawn panels
python -m benchmarks.export rejoin             the demo's masks joined with its pages at JPEG quality 80
"""

import json
import resource
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from toonseg.export.instances import ExportInstance, ExportJob, ExportPanel
from toonseg.export.layouts import WITH_PIXELS, export_panels
from toonseg.export.leave import shelves
from toonseg.export.rejoin import rejoin
from toonseg.geometry import encode_rle, rle_area, rle_box
from toonseg.images import decode, encode
from toonseg.records import Panel

CLASSES = {1: "hair", 2: "tie"}
HEIGHT, WIDTH = 700, 690


def main(what: str = "speed", *more: str) -> None:
    """Print one figure's lines."""
    {"speed": speed, "rejoin": joined}[what](*more)


def drawn(count: int):
    """Panels of soft shapes and flat lines with six masks each, one at a time."""
    for number in range(count):
        random = np.random.default_rng(number)
        small = random.integers(0, 256, (14, 14, 3), np.uint8)
        picture = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        instances = []
        for at in range(6):
            mask = np.zeros((HEIGHT, WIDTH), np.uint8)
            centre = (int(random.integers(100, 590)), int(random.integers(100, 600)))
            axes = (int(random.integers(30, 120)), int(random.integers(30, 160)))
            cv2.ellipse(mask, centre, axes, float(random.integers(180)), 0, 360, 1, cv2.FILLED)
            rle = encode_rle(mask > 0)
            class_id = 1 + at % 2
            instances.append(
                ExportInstance(
                    class_id, CLASSES[class_id], rle, rle_box(rle), rle_area(rle), "prediction", 0.9
                )
            )
        path = f"drawn/1/{number * HEIGHT:06d}-0000.png"
        panel = Panel("drawn", "1", 0, number * HEIGHT, WIDTH, (number + 1) * HEIGHT, "panel", path)
        yield ExportPanel(panel, b"", picture, tuple(instances), "unlabelled")


def speed(count: str = "1000") -> None:
    """Cut-outs and label maps: panels a second, the share of PNG encoding, memory at the start and end."""
    spent = {"drawing": 0.0, "encoding": 0.0, "writing": 0.0}
    job = ExportJob(CLASSES, lambda series: [], "CC0-1.0")
    places = shelves(["cutouts", "labelmaps"], {"drawn": "own"}, WITH_PIXELS, False)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as timing:
        export_panels(Path(folder) / "warm", drawn(20), job, places)
        before = most_memory_mb()
        for what, owner, name in (
            ("encoding", cv2, "imencode"),
            ("encoding", Image.Image, "save"),
            ("writing", Path, "write_bytes"),
        ):
            timing.enter_context(timed(owner, name, spent, what))
        panels = drawn(int(count))
        start = time.process_time()
        export_panels(Path(folder) / "out", timed_items(panels, spent, "drawing"), job, places)
        used = time.process_time() - start - spent["drawing"]
    print(f"{count} panels of {WIDTH} x {HEIGHT} with 6 masks: {int(count) / used:.1f} panels a CPU-second")
    for what in ("encoding", "writing"):
        print(f"{what} PNG files: {100 * spent[what] / used:.1f} % of the time")
    print(f"most memory: {before:.0f} MB after 20 panels, {most_memory_mb():.0f} MB after {count}")


def most_memory_mb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def timed(owner, name, spent, what):
    """Add the CPU-seconds of every call of a function to ``spent[what]``."""
    plain = getattr(owner, name)

    def call(*arguments, **options):
        start = time.process_time()
        try:
            return plain(*arguments, **options)
        finally:
            spent[what] += time.process_time() - start

    setattr(owner, name, call)
    try:
        yield
    finally:
        setattr(owner, name, plain)


def timed_items(items, spent, what):
    """The items, with the CPU-seconds that it takes to make each added to ``spent[what]``."""
    start = time.process_time()
    for item in items:
        spent[what] += time.process_time() - start
        yield item
        start = time.process_time()


def joined() -> None:
    """Join data/exports/masks_only with data/pages encoded again, with all pages and with one less."""
    masks = Path("data/exports/masks_only")
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "pages"
        for archive in sorted(Path("data/pages").glob("*/*.cbz")):
            encode_again(archive, pages / archive.parent.name / archive.stem)
        start = time.monotonic()
        print(rejoin(masks, pages, Path(folder) / "out"), f"in {time.monotonic() - start:.1f} s")
        print(f"furthest from its place: {furthest(Path(folder) / 'out')} px")
        lost = sorted(pages.rglob("*.jpg"))[-2]
        lost.unlink()
        print(rejoin(masks, pages, Path(folder) / "less"))


def encode_again(archive: Path, folder: Path) -> None:
    """Write an archive's pages as JPEG of quality 80 under other names."""
    import zipfile

    folder.mkdir(parents=True)
    with zipfile.ZipFile(archive) as opened:
        for at, name in enumerate(name for name in sorted(opened.namelist()) if name != "episode.json"):
            picture = decode(opened.read(name), name)
            (folder / f"scan-{at}.jpg").write_bytes(encode(picture, "jpg", 80))


def furthest(out: Path) -> int:
    """By how many pixels a joined panel is shifted against the cut's own: the worst, looked for within 3."""
    document = json.loads((out / "annotations/instances_joined.json").read_text())
    worst = 0
    for image in document["images"]:
        one, other = (
            cv2.cvtColor(decode((root / image["file_name"]).read_bytes(), "panel"), cv2.COLOR_RGB2GRAY)
            for root in (out / "images", Path("data/panels"))
        )
        inner = one[3:-3, 3:-3]
        apart = cv2.matchTemplate(other, inner, cv2.TM_SQDIFF)
        y, x = np.unravel_index(int(np.argmin(apart)), apart.shape)
        worst = max(worst, abs(int(x) - 3), abs(int(y) - 3))
    return worst


if __name__ == "__main__":
    main(*sys.argv[1:])
