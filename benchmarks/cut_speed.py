"""Time and memory of `toonseg cut` beside decoding: ``python -m benchmarks.cut_speed [--rows N ...]``.

Each figure is that of a process of its own, start-up included, in user and system CPU-seconds on one core:
decoding the pages with OpenCV and nothing else, cutting them without writing, and the same two with JPEG
encoded. They are run by turns. Two processes stand beside two decoders that share nothing and each do all:
two cores of a virtual machine are seldom twice as fast as one. On a busy machine all get slower, but not
alike: measure on a quiet one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
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


def draw_episode(folder: Path, rows: int, seed: int) -> None:
    """Fill a folder with the mixed group's pages up to about ``rows`` rows."""
    folder.mkdir(parents=True)
    done = page = number = width = 0
    while done < rows:
        pages, _, _, own = draw_strip("mixed", seed + number)
        number += 1
        width = width or own
        for data in pages if own == width else []:
            shape = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE).shape
            page += 1
            (folder / f"{page:04d}.jpg").write_bytes(data)
            done += shape[0]
            if done >= rows:
                break


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


@dataclass(frozen=True)
class Cost:
    """What a command took, start-up included: CPU-seconds, seconds, and its peak of memory in MB."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def measure(*command: str) -> Cost:
    """Run a command; bytecode is kept, as users' Python does."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - begin, usage.ru_maxrss / 1024)


def wall_of_two(*command: str) -> float:
    """The seconds that a command takes beside itself."""
    begin = time.monotonic()
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    if sum(process.wait() for process in both):
        raise SystemExit(f"{' '.join(command)} failed")
    return time.monotonic() - begin


def draw_episodes(folder: Path, rows: int, copies: int) -> list[str]:
    """Draw so many episodes of about so many rows, each of the same pages; gives their folders."""
    first = folder / "0"
    draw_episode(first, min(rows, 60_000), 0)
    repeat(first, rows)
    for copy in range(1, copies):
        (folder / str(copy)).mkdir()
        for path in first.iterdir():
            os.link(path, folder / str(copy) / path.name)
    return [str(folder / str(copy)) for copy in range(copies)]


def commands(folders: list[str], out: Path) -> dict[str, list[str]]:
    """What is measured, by name; ``two`` processes only where there is more than one episode."""
    call = "import sys; from toonseg.cli import main; sys.exit(main())"
    cut = [sys.executable, "-c", call, "cut", *folders, "--processes"]
    listed = ["--no-images", "--json", str(out / "cut.json")]
    measured = {
        "decode": [sys.executable, "-c", DECODE, "decode", *folders],
        "cut": [*cut, "1", *listed],
        "encode": [sys.executable, "-c", DECODE, "encode", *folders],
        "write": [*cut, "1", "--format", "jpg", "--out", str(out / "out")],
    }
    return measured | ({"two": [*cut, "2", *listed]} if len(folders) > 1 else {})


def report(rows: int, copies: int, times: int) -> str:
    """Measure every command by turns, so many times, and compare the best of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = commands(draw_episodes(folder, rows, copies), folder)
        runs: dict[str, list[Cost]] = {key: [] for key in lines}
        beside = []
        for _ in range(times):
            beside += [wall_of_two(*lines["decode"])] if copies > 1 else []
            for key, line in lines.items():
                runs[key].append(measure(*line))
    cpu = {key: min(cost.cpu_s for cost in costs) for key, costs in runs.items()}
    wall = {key: min(cost.wall_s for cost in costs) for key, costs in runs.items()}
    peak = max(cost.peak_mb for key in ("cut", "write") for cost in runs[key])
    two = (
        f"; two processes {wall['cut'] / wall['two']:.2f} times as fast, "
        f"two decoders {2 * wall['decode'] / min(beside):.2f} times"
        if beside
        else ""
    )
    return (
        f"{copies} x {rows} rows: decode {cpu['decode']:.2f} s, "
        f"cut {cpu['cut']:.2f} s ({cpu['decode'] / cpu['cut']:.0%}), "
        f"decode and encode {cpu['encode']:.2f} s, cut and write {cpu['write']:.2f} s "
        f"({cpu['encode'] / cpu['write']:.0%}); peak {peak:.0f} MB{two}"
    )


def main() -> None:
    """Print a line for each number of rows, or for one, many and long episodes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", help="of an episode")
    parser.add_argument("--copies", type=int, default=1, help="episodes of so many rows in one call")
    parser.add_argument("--times", type=int, default=3, help="how often each is measured; the best counts")
    options = parser.parse_args()
    cases = [(rows, options.copies) for rows in options.rows or ()]
    for rows, copies in cases or [(60_000, 1), (8_000, 50), (500_000, 1)]:
        print(report(rows, copies, options.times), flush=True)


if __name__ == "__main__":
    main()
