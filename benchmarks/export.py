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
from functools import partial
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
from toonseg.parallel import most_processes
from toonseg.records import Panel

CLASSES = {1: "hair", 2: "tie"}
HEIGHT, WIDTH = 700, 690
EACH = 20  # panels an episode; later ones have the pictures of the first


def main(what: str = "speed", *more: str) -> None:
    """Print one figure's lines."""
    {"speed": speed, "rejoin": joined}[what](*more)


def drawn(folder: Path, count: int):
    """Panels of soft shapes and flat lines with six masks each; their files are written to a folder."""
    for number in range(count):
        path = f"drawn/{number // EACH}/{number * HEIGHT:06d}-0000.png"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(number)
        if number < EACH:
            small = random.integers(0, 256, (14, 14, 3), np.uint8)
            picture = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
            (folder / path).write_bytes(encode(picture, "png", 100))
        else:
            (folder / path).hardlink_to(folder / f"drawn/0/{number % EACH * HEIGHT:06d}-0000.png")
        y0, y1 = number * HEIGHT, (number + 1) * HEIGHT
        panel = Panel("drawn", str(number // EACH), 0, y0, WIDTH, y1, "panel", path)
        yield ExportPanel(panel, tuple(masks(random)), "unlabelled")


def masks(random):
    """Six ellipses."""
    for at in range(6):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        centre = (int(random.integers(100, 590)), int(random.integers(100, 600)))
        axes = (int(random.integers(30, 120)), int(random.integers(30, 160)))
        cv2.ellipse(mask, centre, axes, float(random.integers(180)), 0, 360, 1, cv2.FILLED)
        rle = encode_rle(mask > 0)
        class_id = 1 + at % 2
        yield ExportInstance(class_id, CLASSES[class_id], rle, rle_box(rle), rle_area(rle), "prediction", 0.9)


def speed(count: str = "1000") -> None:
    """Cut-outs and label maps: panels a second, what encoding takes of it, memory, and a process a core."""
    spent = {"encoding": 0.0, "writing": 0.0}
    job = ExportJob(CLASSES, lambda series: [], "CC0-1.0")
    places = shelves(["cutouts", "labelmaps"], {"drawn": "own"}, WITH_PIXELS, False)
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        panels = list(drawn(folder / "panels", int(count)))
        export = partial(export_panels, folder / "out", folder / "panels", job=job, places=places)
        export(panels[:EACH], processes=1)
        before = most_memory_mb()
        with ExitStack() as timing:
            for what, owner, name in (
                ("encoding", cv2, "imencode"),
                ("encoding", Image.Image, "save"),
                ("writing", Path, "write_bytes"),
            ):
                timing.enter_context(timed(owner, name, spent, what))
            start, begun = time.process_time(), time.monotonic()
            export(panels, processes=1)
            used, alone = time.process_time() - start, time.monotonic() - begun
        after, begun = most_memory_mb(), time.monotonic()
        export(panels)
        together = time.monotonic() - begun
    print(f"{count} panels of {WIDTH} x {HEIGHT} with 6 masks: {int(count) / used:.1f} panels a CPU-second")
    for what in ("encoding", "writing"):
        print(f"{what} PNG files: {100 * spent[what] / used:.1f} % of the time")
    print(f"most memory: {before:.0f} MB after {EACH} panels, {after:.0f} MB after {count}")
    print(f"by the clock: {alone:.1f} s in one process, {together:.1f} s in {most_processes()}")


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
