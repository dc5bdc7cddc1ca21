"""Measure the crawl: ``python -m benchmarks.crawl [--images N] [--episodes N] [--latency-ms N]``.

Prints how fast images come at a latency, beside a client that asks for one after the other; what a run with
nothing to do costs; and the memory of Python and the browser on the way through many episodes. The site runs
in a process of its own on this machine; each connection and each answer waits for the latency.
"""

import argparse
import os
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import psutil

from toonseg.crawl.download import Downloader
from toonseg.crawl.hosts import Door
from toonseg.crawl.manners import CrawlParams
from toonseg.crawl.series import crawl_series
from toonseg.crawl.sites import load_site
from toonseg.demo.markup import Show
from toonseg.demo.site import Site, serve
from toonseg.demo.viewers import Setup
from toonseg.images import encode
from toonseg.params import load_params
from toonseg.series import SeriesParams

T = TypeVar("T")

PAGES, WIDTH, HEIGHT = 20, 690, 1200  # of an episode, as sites have them: some 150 KB a page
TRIES = 3  # of which the best counts: others work on this machine too


@dataclass(frozen=True)
class Episode:
    """An episode as the site wants it."""

    pages: tuple[tuple[str, bytes], ...]


@cache
def drawn() -> bytes:
    """One page: soft colours with grain, which a JPEG spends its bytes on."""
    random = np.random.default_rng(1)
    soft = cv2.resize(random.integers(0, 256, (60, 35, 3), np.uint8), (WIDTH, HEIGHT))
    grain = random.integers(0, 17, soft.shape, np.uint8)
    return encode(np.asarray(cv2.add(soft, grain), np.uint8), "jpg", quality=85)


def draw(series: str, number: int) -> Episode:
    """Any episode: the same page again and again."""
    return Episode(tuple((f"{page}.jpg", drawn()) for page in range(PAGES)))


def image(number: int, page: int) -> str:
    """Path of an image of the series rain."""
    return f"/image/rain/{number}/{page}.jpg"


def serve_apart(far: Connection, episodes: int, latency_s: float) -> None:
    """Serve a webtoon until the connection closes: tells the origins, then how often it was asked."""
    show = Show("비", "", tuple(str(number) for number in range(1, episodes + 1)))
    with serve(draw, {"rain": show}, setup=Setup(latency_s=latency_s)) as site:
        far.send((site.page_origin, site.image_origin))
        try:
            while far.recv():
                far.send(len(site.log))
        except EOFError:
            return


@contextmanager
def served(episodes: int, latency_s: float) -> Iterator[tuple[Site, Connection]]:
    """A site in another process, and a connection that counts its requests."""
    context = get_context("spawn")
    near, far = context.Pipe()
    process = context.Process(target=serve_apart, args=(far, episodes, latency_s))
    process.start()
    far.close()
    try:
        yield Site(*near.recv()), near
    finally:
        near.close()
        process.join()


def measure_throughput(images: int, latency_s: float, params: CrawlParams) -> None:
    """Fetch the same images one after the other, and with the connections of params.yaml."""
    with served(images // PAGES + 1, latency_s) as (site, _):
        paths = [image(number, page) for number in range(1, images // PAGES + 2) for page in range(PAGES)]
        addresses = [site.image_origin + path for path in paths[:images]]
        headers = {"Referer": f"{site.page_origin}/"}
        begun = time.perf_counter()
        for address in addresses:
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
                answer.read()
        one_by_one_s = time.perf_counter() - begun
        ours_s, work_s = min(fetch(addresses, headers, params) for _ in range(TRIES))
    rounds = -(-images // params.connections)
    allowed_s = latency_s * (1 + rounds)  # the connections are made, then each brings its share
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{images} images, {latency_s * 1000:.0f} ms latency, {params.connections} connections, {busy}")
    print(f"  urllib, one after the other  {one_by_one_s:6.2f} s  {images / one_by_one_s:6.1f} images/s")
    print(
        f"  ours                         {ours_s:6.2f} s  {images / ours_s:6.1f} images/s, {work_s:.2f} CPU-s"
    )
    print(f"  faster by {one_by_one_s / ours_s:.1f}; {ours_s / allowed_s:.2f} of what the connections allow")


def fetch(addresses: list[str], headers: dict[str, str], params: CrawlParams) -> tuple[float, float]:
    """Seconds, and seconds of work, in which a new client has all images and has decoded them."""
    with Downloader(params, Door({"127.0.0.1"}, local=True)) as downloader:
        downloader.images(addresses[:1], headers)  # robots.txt is asked for once a run
        begun, worked = time.perf_counter(), time.process_time()
        downloader.images(addresses, headers)
        return time.perf_counter() - begun, time.process_time() - worked


def measure_memory(episodes: int, params: CrawlParams) -> None:
    """Crawl many episodes, telling the memory on the way; then once more with nothing to do."""
    with served(episodes, 0.0) as (served_site, count), tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "rain"
        site = replace(load_site("demo"), origin=served_site.page_origin)
        declared = SeriesParams("demo", "rain", f"1-{episodes}")
        over = threading.Event()
        watch = threading.Thread(target=tell_memory, args=(pages, episodes, over))
        watch.start()
        begun = time.perf_counter()
        crawl_series("rain", declared, site, pages, params)
        crawl_s = time.perf_counter() - begun
        over.set()
        watch.join()
        print(f"  {episodes} episodes in {crawl_s:.1f} s")
        count.send(True)
        before = count.recv()
        begun = time.perf_counter()
        crawl_series("rain", declared, site, pages, params)
        again_s = time.perf_counter() - begun
        count.send(True)
        print(f"  once more, nothing to do: {again_s:.2f} s, {count.recv() - before} requests")


def tell_memory(pages: Path, episodes: int, over: threading.Event) -> None:
    """Print the peaks of memory in each tenth of the episodes, and how the last half's compare."""
    print("episodes  Python  browser (peak MB, shared memory counted once)")
    step = max(1, episodes // 10)
    peaks = [(0.0, 0.0)]
    while not over.wait(0.1):
        python, browser = memory_mb([psutil.Process()]), memory_mb(browsers())
        peaks[-1] = (max(peaks[-1][0], python), max(peaks[-1][1], browser))
        done = len(list(pages.glob("[!.]*.cbz"))) if pages.exists() else 0
        if done >= step * len(peaks):
            print(f"{done:8} {peaks[-1][0]:7.0f} {peaks[-1][1]:8.0f}", flush=True)
            peaks.append((0.0, 0.0))
    first, last = (tuple(map(max, zip(*half, strict=True))) for half in halves(peaks[:-1] or peaks))
    python, browser = (after / before for before, after in zip(first, last, strict=True))
    print(f"  peak of the last half beside the first's: Python {python:.2f}, browser {browser:.2f}")


def halves(items: list[T]) -> tuple[list[T], list[T]]:
    """The first half of a list and the second, the middle in both."""
    return items[: (len(items) + 1) // 2], items[len(items) // 2 :]


def browsers() -> list[psutil.Process]:
    """The driver and the browser's processes, whoever their parent is."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any("toonseg-browser-" in argument for argument in process.info["cmdline"] or [])
    ]


def memory_mb(processes: list[psutil.Process]) -> float:
    """Proportional memory of processes in megabytes."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 1e6


def main() -> None:
    """Measure all and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    options = parser.parse_args()
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    params = replace(load_params("crawl", CrawlParams, options.params), delay_s=0.0)
    measure_throughput(options.images, options.latency_ms / 1000, params)
    measure_memory(options.episodes, params)


if __name__ == "__main__":
    main()
