"""Figures of the report: its size, the time to build it and to open it in a real browser.

python -m benchmarks.report [PANELS]     drawn panels of 690 x 700, 300 by default
"""

import json
import resource
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from selenium import webdriver

from benchmarks.report_page import offline_browser
from toonseg.geometry import encode_rle
from toonseg.images import encode
from toonseg.report.build import ReportParams, build_report

HEIGHT, WIDTH = 700, 690
CLASSES = ("hair", "dress-shirt", "T-shirt", "pants", "skirt", "outer", "tie", "vest")
DRAWN = 100  # different panels


def main(count: str = "300") -> None:
    """Build a report of so many panels and open it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_project(root, int(count))
        start = resource.getrusage(resource.RUSAGE_SELF)
        build_report(root, root / "report", ReportParams(480, 75, 0.5, 32))
        end = resource.getrusage(resource.RUSAGE_SELF)
        size = sum(path.stat().st_size for path in (root / "report").rglob("*") if path.is_file())
        data = (root / "report/data.js").stat().st_size
        print(f"{count} panels: {size / 1e6:.0f} MB, of which data.js {data / 1e6:.1f} MB")
        print(
            f"built in {end.ru_utime - start.ru_utime:.0f} CPU-s, most memory {end.ru_maxrss / 1024:.0f} MB"
        )
        time_page(root / "report", root / "profile")


def write_project(root: Path, count: int) -> None:
    """Panels of soft shapes with 5 labels and 40 predictions each, all of them in the test set.

    After ``DRAWN`` of them they are the same again, with other scores.
    """
    images, annotations, found = [], [], []
    for number in range(1, count + 1):
        name = f"drawn/{number // 20}/{number * HEIGHT:06d}-0000.png"
        path = root / "data/panels" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture, shapes = drawn(number % DRAWN)
        path.write_bytes(picture)
        image = {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT}
        images.append({**image, "series": "drawn", "episode": str(number // 20)})
        for class_id, mask in shapes[:5]:
            annotations.append({**instance(number, class_id, mask), "iscrowd": 0})
        random = np.random.default_rng(number)
        for class_id, mask in shapes:
            found.append({**instance(number, class_id, mask), "score": float(random.random())})
    categories = [{"id": at, "name": name} for at, name in enumerate(CLASSES, 1)]
    empty = {"images": [], "annotations": [], "categories": categories}
    for name, value in (
        ("data/dataset/test.json", {"images": images, "annotations": annotations, "categories": categories}),
        ("data/dataset/train.json", empty),
        ("data/predictions/test.json", found),
        ("data/exports/masks.json", empty),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(json.dumps(value))


@cache
def drawn(number: int) -> tuple[bytes, list[tuple[int, dict]]]:
    """A picture's PNG file, and 40 classes and masks, of which the first five come twice."""
    random = np.random.default_rng(number)
    small = random.integers(0, 256, (24, 24, 3), np.uint8)
    picture = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    shapes = [(int(random.integers(1, 9)), blob(random)) for _ in range(35)]
    return encode(picture, "png", 100), [*shapes[:5], *shapes]


def blob(random: np.random.Generator) -> dict:
    """A wavy disc."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = random.integers(30, 110) * (1 + 0.2 * np.sin(angles * random.integers(2, 7)))
    centre = random.integers(120, 560, 2)
    points = centre + np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1)
    return encode_rle(mask > 0)


def instance(number: int, class_id: int, mask: dict) -> dict:
    """What labels and predictions have in common."""
    return {"image_id": number, "category_id": class_id, "segmentation": mask, "bbox": [0, 0, 1, 1]}


def time_page(report: Path, folder: Path) -> None:
    """Open it from disk and tell what a person waits for."""
    with offline_browser(folder) as driver:
        driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        start = time.monotonic()
        driver.get((report / "index.html").as_uri())
        took_s = time.monotonic() - start
        print(f"loaded in {took_s:.1f} s, of which its thread worked {worked_s(driver):.2f} s")
        before = worked_s(driver)
        moves = driver.execute_async_script(
            "const done = arguments[0], slider = document.getElementById('score'), times = [];"
            "const step = value => { const start = performance.now(); slider.value = value;"
            " slider.dispatchEvent(new Event('input'));"
            " requestAnimationFrame(() => setTimeout(() => { times.push(performance.now() - start);"
            " value < 80 ? step(value + 5) : done(times); })); }; step(30);"
        )
        work_ms = 1000 * (worked_s(driver) - before) / len(moves)
        print(f"a move of the threshold is drawn in {np.median(moves):.0f} ms ({work_ms:.0f} ms of work)")
        heap = driver.execute_script("return performance.memory.usedJSHeapSize") / 1e6
        print(f"memory of the page's scripts: {heap:.0f} MB")


def worked_s(driver: webdriver.Chrome) -> float:
    """Seconds of CPU that the page's main thread has used."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return {its["name"]: its["value"] for its in metrics}["TaskDuration"]


if __name__ == "__main__":
    main(*sys.argv[1:])
