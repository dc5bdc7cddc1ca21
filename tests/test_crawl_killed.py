"""All faults at once over fifty episodes; then the same, killed again and again."""

import os
import random
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from crawling import QUICK, asked, browsers_in, crawl, detail, files, image
from tiny_webtoon import draw

from toonseg.archive import read_page, read_pages
from toonseg.crawl.cache import Cache
from toonseg.demo.faults import FAULTS, Fault, passing_fault
from toonseg.demo.markup import Show
from toonseg.demo.site import Site, serve
from toonseg.demo.viewers import Setup
from toonseg.errors import CrawlError

EPISODES, KILLS = 50, 20
MOST_REQUESTS = 20  # between a run's start and its end: the last run has some left to make
SHOWS = {"rain": Show("비", "", tuple(f"{number}번째" for number in range(1, EPISODES + 1)))}
SETUP = Setup(trouble=True, closed={30: "paid", 31: "login", 32: "withdrawn"})
FAULTY = {
    image(7): Fault(404),
    image(13, 1): FAULTS["truncated"](draw("rain", 13).pages[1][1]),
    image(14, 2): FAULTS["web page"](b""),
    detail(21): Fault(403),
    detail(22): Fault(503, {"Retry-After": "0"}, b"later"),
    detail(5): Fault(500, {}, b"once", times=1),
    detail(6): Fault(429, {"Retry-After": "1"}, b"soon", times=1),
}
BROKEN = {
    7: "the server answered 404",
    13: "is cut off",
    14: "is no JPEG, PNG, WebP or GIF image",
    21: "the site answered 403",
    22: "the site answered 503",
    30: "must be paid for",
    31: "is shown to those who log in only",
    32: "was withdrawn",
}
WHOLE = [number for number in range(1, EPISODES + 1) if number not in BROKEN]

pytestmark = [pytest.mark.all, pytest.mark.browser, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a crawl that nobody killed. Its failures and requests are checked."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with serve(draw, SHOWS, faults=FAULTY, setup=SETUP) as served, pytest.raises(CrawlError) as failure:
        crawl(served, folder, f"1-{EPISODES}", cache=Cache(tmp_path_factory.mktemp("cache")))
    told = {int(line.split()[0]): line for line in str(failure.value).splitlines()[1:]}
    assert list(told) == list(BROKEN)
    assert all(reason in told[number] for number, reason in BROKEN.items())
    assert served.most_connections <= QUICK.connections
    counted = asked(served.log, images=True)
    for number in WHOLE:
        for page in range(3):
            address = image(number, page)
            assert counted.count(address) == 1 + (passing_fault(address, bytes(20)) is not None)
    return folder


def test_every_passing_fault_is_healed_and_every_lasting_one_told_by_name(undisturbed: Path) -> None:
    assert sorted(files(undisturbed)) == sorted(f"{number}.cbz" for number in WHOLE)
    for number in WHOLE:
        path = undisturbed / f"{number}.cbz"
        pages = [read_page(path, page) for page in read_pages(path, "rain")]
        assert pages == [data for _, data in draw("rain", number).pages]


def start(served: Site, folder: Path, cache: Path, temporary: Path) -> subprocess.Popen[str]:
    code = f"""
        from pathlib import Path
        from crawling import crawl
        from toonseg.console import guarded
        from toonseg.crawl.cache import Cache
        from toonseg.demo.site import Site
        served = Site({served.page_origin!r}, {served.image_origin!r})
        folder, cache = Path({str(folder)!r}), Cache(Path({str(cache)!r}))
        raise SystemExit(guarded(lambda: crawl(served, folder, "1-{EPISODES}", cache=cache) and 0))
    """
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": paths}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], env=environment, stderr=subprocess.PIPE, text=True
    )


def wait(served: Site, python: subprocess.Popen[str], moments: random.Random) -> None:
    """Wait for a random moment of a crawl at work: after so many requests, and a little later."""
    enough = len(served.log) + moments.randrange(MOST_REQUESTS)  # none: while the browser starts
    while len(served.log) < enough and python.poll() is None:
        time.sleep(0.005)
    time.sleep(moments.uniform(0.0, 0.3))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the kernel offers no such thing")
def test_a_crawl_killed_at_random_moments_ends_with_the_same_bytes(undisturbed: Path, tmp_path: Path) -> None:
    folder, cache, moments = tmp_path / "rain", tmp_path / "cache", random.Random(1)
    wanted = files(undisturbed)
    with tempfile.TemporaryDirectory() as name, serve(draw, SHOWS, faults=FAULTY, setup=SETUP) as served:
        temporary = Path(name)
        for _ in range(KILLS):
            python = start(served, folder, cache, temporary)
            wait(served, python, moments)
            assert python.poll() is None  # it is killed at work, not after it
            started = [*psutil.Process(python.pid).children(recursive=True), *browsers_in(temporary)]
            python.kill()
            python.communicate()
            assert psutil.wait_procs(started, timeout=60)[1] == []
            assert browsers_in(temporary) == []
            there = files(folder) if folder.exists() else {}
            shown = {name: data for name, data in there.items() if not name.startswith(".")}
            assert shown == {name: wanted[name] for name in shown}  # whole, or not there
        last = start(served, folder, cache, temporary)
        said = last.communicate()[1]
        assert last.returncode == 1
        assert said.startswith(f"error: {len(BROKEN)} of {EPISODES} episodes of rain failed")
        assert list(temporary.iterdir()) == []
        counted = asked(served.log, images=True)
    assert files(folder) == wanted
    for left in cache.rglob("*.partial"):  # an hour later nobody writes to it any more
        os.utime(left, (0, 0))
    Cache(cache).prune(days=1)
    assert [path for path in tmp_path.rglob("*") if path.name.endswith(".partial")] == []
    # Asked for again is at most what was on its way when a run was killed.
    pages = [image(number, page) for number in WHOLE for page in range(3)]
    needed = sum(1 + (passing_fault(address, bytes(20)) is not None) for address in pages)
    assert sum(map(counted.count, pages)) <= needed + KILLS * QUICK.connections
