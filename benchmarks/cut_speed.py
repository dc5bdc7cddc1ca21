"""Time and memory of `toonseg cut` beside decoding: ``python -m benchmarks.cut_speed [--rows N ...]``.

Each figure is that of a process of its own, start-up included, in user and system CPU-seconds: decoding
the pages with OpenCV and nothing else, cutting them without writing, and the same two with JPEG encoded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from drawn_strips import draw_strip

DECODE = """
import sys, cv2, numpy, pathlib
cv2.setNumThreads(1)
for folder in sys.argv[2:]:
    for path in sorted(pathlib.Path(folder).glob("*.jpg")):
        picture = cv2.imdecode(numpy.fromfile(path, numpy.uint8), cv2.IMREAD_COLOR)
        if sys.argv[1] == "encode":
            cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
"""


def draw_episode(folder: Path, rows: int, seed: int) -> float:
    """Fill a folder with the mixed group's pages up to about ``rows`` rows; gives their megapixels."""
    folder.mkdir(parents=True)
    done, pixels, page, number = 0, 0, 0, 0
    width = 0
    while done < rows:
        pages, _, _, own = draw_strip("mixed", seed + number)
        number += 1
        width = width or own
        for data in pages if own == width else []:
            shape = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE).shape
            page += 1
            (folder / f"{page:04d}.jpg").write_bytes(data)
            done, pixels = done + shape[0], pixels + shape[0] * shape[1]
            if done >= rows:
                break
    return pixels / 1e6


def repeat(folder: Path, rows: int) -> None:
    """Lengthen an episode by hard links of its own pages."""
    pages = sorted(folder.glob("*.jpg"))
    heights = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE).shape[0] for path in pages]
    done, number = sum(heights), len(pages)
    while done < rows:
        path, height = pages[number % len(pages)], heights[number % len(pages)]
        number += 1
        os.link(path, folder / f"{number:04d}.jpg")
        done += height


def measure(*command: str) -> tuple[float, float]:
    """CPU-seconds of a command, and the peak of its memory in MB; bytecode is kept, as users' Python does."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Print a line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[60_000, 500_000])
    parser.add_argument("--copies", type=int, default=1, help="episodes of so many rows in one call")
    parser.add_argument("--times", type=int, default=3, help="how often each is measured; the best counts")
    options = parser.parse_args()
    call = "import sys; from toonseg.cli import main; sys.exit(main())"
    toonseg = [sys.executable, "-c", call, "cut", "--processes", "1"]
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            first = folder / "0"
            draw_episode(first, min(rows, 60_000), 0)
            repeat(first, rows)
            folders = [str(first)]
            for copy in range(1, options.copies):
                (folder / str(copy)).mkdir()
                for path in first.iterdir():
                    os.link(path, folder / str(copy) / path.name)
                folders.append(str(folder / str(copy)))
            cut = folder / "cut.json"
            jpeg = ["--format", "jpg", "--out", str(folder / "out")]
            commands = {
                "decode": [sys.executable, "-c", DECODE, "decode", *folders],
                "cut": [*toonseg, *folders, "--no-images", "--json", str(cut)],
                "encode": [sys.executable, "-c", DECODE, "encode", *folders],
                "write": [*toonseg, *folders, *jpeg],
            }
            runs = {key: [measure(*line) for _ in range(options.times)] for key, line in commands.items()}
            best = {key: min(seconds for seconds, _ in found) for key, found in runs.items()}
            text = json.loads(cut.read_text())
            panels = (
                len(text["panels"]) if "panels" in text else sum(len(one["panels"]) for one in text.values())
            )
            peak = max(memory for key in ("cut", "write") for _, memory in runs[key])
            print(
                f"{options.copies} x {rows} rows, {panels} panels: decode {best['decode']:.2f} s, "
                f"cut {best['cut']:.2f} s ({best['decode'] / best['cut']:.0%}), "
                f"decode and encode {best['encode']:.2f} s, cut and write {best['write']:.2f} s "
                f"({best['encode'] / best['write']:.0%}); peak {peak:.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
