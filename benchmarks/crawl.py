"""Measure the crawl: ``python -m benchmarks.crawl [--images N] [--episodes N] [--latency-ms N]``.

Prints how fast images come at a latency, beside a client that asks for one after the other; what a run with
nothing to do costs; and the memory of Python and the browser on the way through many episodes. The site runs
in a process of its own on this machine; each connection and each answer waits for the latency.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from toonseg.crawl.download import Downloader
from toonseg.crawl.hosts import Door
from toonseg.crawl.manners import CrawlParams
from toonseg.crawl.series import crawl_series
from toonseg.crawl.sites import load_site
from toonseg.demo.markup import Show
from toonseg.demo.site import Site, serve
from toonseg.demo.viewers import Setup
from toonseg.params import load_params
from toonseg.series import SeriesParams

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from crawling import image
from tiny_webtoon import draw

PAGES = 3  # of an episode of the tiny webtoon


def serve_apart(far: Connection, episodes: int, latency_s: float) -> None:
    """Serve the tiny webtoon until the connection closes: tells the origins, then how often it was asked."""
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
        with Downloader(params, Door({"127.0.0.1"}, local=True)) as downloader:
            downloader.images(addresses[:1], headers)  # robots.txt is asked for once a run
            begun, worked = time.perf_counter(), time.process_time()
            downloader.images(addresses, headers)
            ours_s, work_s = time.perf_counter() - begun, time.process_time() - worked
    rounds = -(-images // params.connections)
    allowed_s = latency_s * (1 + rounds)  # the connections are made, then each brings its share
    print(f"{images} images, {latency_s * 1000:.0f} ms latency, {params.connections} connections")
    print(f"  urllib, one after the other  {one_by_one_s:6.2f} s  {images / one_by_one_s:6.1f} images/s")
    print(
        f"  ours                         {ours_s:6.2f} s  {images / ours_s:6.1f} images/s, {work_s:.2f} CPU-s"
    )
    print(f"  faster by {one_by_one_s / ours_s:.1f}; {ours_s / allowed_s:.2f} of what the connections allow")


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
    """Print the memory each time that another tenth of the episodes is there."""
    print("episodes  Python  browser (MB, shared memory counted once)")
    step, told = max(1, episodes // 10), 0
    while not over.wait(0.05):
        done = len(list(pages.glob("[!.]*.cbz"))) if pages.exists() else 0
        if done >= told + step:
            told = done
            print(f"{done:8} {memory_mb([psutil.Process()]):7.0f} {memory_mb(browsers()):8.0f}", flush=True)


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
