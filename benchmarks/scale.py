"""Episodes cut here and on a cluster that loses a worker: ``python -m benchmarks.scale [--episodes N]``.

The cluster is a scheduler and two workers of one thread each. Each has a mount namespace of its own
(``unshare``, which wants root) in which the folder of the data is empty. They link and cut all the episodes
undisturbed, then again with one of them killed by SIGKILL when a quarter is done. Both must give the bytes
of two local processes. Prints seconds, and CPU-seconds of those who cut and of this process, which reads and
writes for the cluster.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import psutil

from toonseg.archive import write_episode
from toonseg.cuts.bands import RoughCutParams
from toonseg.episodes import CutParams, cut_series, rough_cut_series
from toonseg.pages import link_series
from toonseg.parallel import ENGINE
from toonseg.params import load_params
from toonseg.records import Band, Page, Panel, Placement

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from dask_cluster import Cluster  # noqa: E402
from drawn_strips import draw_strip  # noqa: E402

SERIES = "drawn"
PAGES = Path("data/pages", SERIES)


@dataclass(frozen=True)
class Cut:
    """What link, rough cut and cut gave, and the SHA-256 of each picture by its name."""

    pages: list[Placement]
    bands: list[Band]
    panels: list[Panel]
    pictures: dict[str, str]


def main() -> None:
    """Print a line for each run, and whether all gave the same bytes; the exit status is 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--drawings", type=int, default=20, help="episodes that are drawn; the others repeat")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, chdir(name):
        draw_episodes(options.episodes, options.drawings)
        size_mb = sum(path.stat().st_size for path in PAGES.iterdir()) / 1e6
        print(f"{options.episodes} episodes, {size_mb:.0f} MB", flush=True)
        here = cut_here()
        same = [cut_on_cluster(options.episodes // 4, kill=kill) == here for kill in (False, True)]
    said = "the same bytes each time" if all(same) else "THE BYTES DIFFER"
    print(f"{len(here.pages)} pages, {len(here.panels)} panels, {len(here.pictures)} pictures: {said}")
    raise SystemExit(not all(same))


def draw_episodes(count: int, drawings: int) -> None:
    """Write archives of drawn pages as a crawl leaves them."""
    drawn = [draw_pages(seed) for seed in range(min(drawings, count))]
    for number in range(count):
        write_episode(PAGES / f"{number + 1}.cbz", drawn[number % len(drawn)], {"title": str(number)})


def draw_pages(seed: int) -> list[tuple[Page, bytes]]:
    """The pages of one drawn episode."""
    pages = []
    for number, data in enumerate(draw_strip("mixed", seed)[0], 1):
        height, width = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2]
        digest = hashlib.sha256(data).hexdigest()
        page = Page(SERIES, "", number, f"{number:03d}.jpg", width, height, 1, len(data), digest)
        pages.append((page, data))
    return pages


def cut(out: Path) -> Cut:
    """Link every episode and cut it to ``out``, with two processes or where TOONSEG_ENGINE says."""
    pages = link_series(PAGES)
    rough = load_params("cut_rough", RoughCutParams, ROOT / "params.yaml")
    fine = load_params("cut", CutParams, ROOT / "params.yaml")
    bands = rough_cut_series(PAGES, pages, rough, 2)
    panels = cut_series(PAGES, pages, bands, fine, out, 2)
    pictures = {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*.*"))
    }
    return Cut(pages, bands, panels, pictures)


def cut_here() -> Cut:
    """Cut with two processes of this machine."""
    before = os.times()
    its = timed("two processes", lambda: cut(Path("here")))
    after = os.times()
    spent_s = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"    the processes {spent_s:.1f} CPU-s")
    return its


def cut_on_cluster(quarter: int, *, kill: bool) -> Cut:
    """Cut by two workers that see no data; one may be killed when a quarter of the episodes is done."""
    out = Path("killed" if kill else "undisturbed")
    with (
        tempfile.TemporaryDirectory() as elsewhere,
        closing(Cluster(Path(elsewhere), 2, hidden=Path.cwd())) as cluster,
    ):
        for worker in cluster.workers:
            assert not [*Path(f"/proc/{worker.pid}/root{Path.cwd()}").iterdir()], "a worker sees the data"
        spent_s: list[float] = []

        def kill_one() -> None:
            while len(list(out.glob("*"))) < quarter:
                time.sleep(0.05)
            doomed = cluster.workers.pop()
            spent_s.append(cpu_s(doomed.pid))
            cluster.kill(doomed)

        killer = Thread(target=kill_one if kill else lambda: None, daemon=True)
        killer.start()
        os.environ[ENGINE] = cluster.address
        its = timed(f"two workers, {out}", lambda: cut(out))
        del os.environ[ENGINE]
        killer.join()
        spent_s += [cpu_s(worker.pid) for worker in cluster.workers]
        told = " and ".join(f"{its_s:.1f}" for its_s in spent_s)
        print(f"    the workers {told} CPU-s, the scheduler {cpu_s(cluster.scheduler.pid):.1f}", flush=True)
    return its


def cpu_s(process: int) -> float:
    """CPU-seconds that a running process has used."""
    spent = psutil.Process(process).cpu_times()
    return float(spent.user + spent.system)


def timed(what: str, work: Callable[[], Cut]) -> Cut:
    """Do some work, and print its seconds and the CPU-seconds of this process."""
    began_cpu_s, began_s = time.process_time(), time.monotonic()
    its = work()
    seconds, own_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    print(f"{what}: {seconds:.1f} s, {own_s:.1f} CPU-s of this process", flush=True)
    return its


if __name__ == "__main__":
    main()
