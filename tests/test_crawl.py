"""The crawl: a real browser at a real site; every page arrives untouched, or its episode is refused."""

import asyncio
import email.utils
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest
from tiny_webtoon import SHOWS, Episode, draw

from toonseg.archive import read_info, read_page, read_pages
from toonseg.crawl.browser import browsing, find_browser
from toonseg.crawl.download import CrawlParams, Downloader, back_off_s
from toonseg.crawl.robots import Robots
from toonseg.crawl.series import Crawled, crawl_series, missing_episodes
from toonseg.crawl.sites import SITES, Site, load_site
from toonseg.demo.site import Draw, Fault, Request, draw_demo, serve
from toonseg.demo.site import Site as Served
from toonseg.errors import CrawlError, ParamsError
from toonseg.params import check_params, read_yaml
from toonseg.series import SeriesParams

QUICK = CrawlParams(
    contact="mail@example.org",
    connections=3,
    delay_s=0.0,
    timeout_s=30.0,
    retries=2,
    back_off_s=0.01,
    most_wait_s=5.0,
)
LOOPBACK = frozenset({"127.0.0.1"})


def declared(episodes: str, title: str = "rain") -> SeriesParams:
    return SeriesParams("demo", title, episodes)


def at(served: Served) -> Site:
    return replace(load_site("demo"), origin=served.page_origin)


def crawl(served: Served, folder: Path, episodes: str, site: Site | None = None) -> Crawled:
    return crawl_series("rain", declared(episodes), site or at(served), folder, QUICK)


def image(number: int, page: int = 0) -> str:
    return f"/image/rain/{number}/{quote(draw('rain', number).pages[page][0])}"


def detail(number: int) -> str:
    return f"/webtoon/detail?titleId=rain&no={number}"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def asked(log: list[Request], images: bool) -> list[str]:
    return [request.address for request in log if request.images is images]


# --- Series, with a browser ---------------------------------------------------------------------


@pytest.mark.browser
def test_every_page_arrives_untouched_once_and_a_second_run_asks_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "rain"
    with serve(draw, SHOWS) as served:
        assert str(crawl(served, folder, "1-3")).startswith("3 episodes, 9 pages (3 fetched, 0 kept), 0.0 MB")
        log = list(served.log)
        monkeypatch.setenv("TOONSEG_BROWSER", "no browser is looked for")
        assert crawl(served, folder, "1-3").fetched == 0
        assert served.log == log
    for number in (1, 2, 3):
        path = folder / f"{number}.cbz"
        pages = read_pages(path, "rain")
        assert [read_page(path, page) for page in pages] == [data for _, data in draw("rain", number).pages]
        assert [page.name for page in pages] == ["001.jpg", "002.jpg", "003.jpg"]
    wanted = [image(number, page) for number in (1, 2, 3) for page in range(3)]
    assert sorted(asked(log, images=True)) == sorted(["/robots.txt", *wanted])
    assert asked(log, images=False) == ["/robots.txt", *(detail(number) for number in (1, 2, 3))]
    assert {request.user_agent for request in log} == {"toonseg/0.1.0 (+mail@example.org)"}
    shown = {request.referer for request in log if request.address.startswith("/image/")}
    assert shown == {served.page_origin + "/"}


@pytest.mark.browser
def test_the_same_pages_give_the_same_archive_without_host_or_time(tmp_path: Path) -> None:
    for run in ("one", "two"):
        with serve(draw, SHOWS) as served:
            crawl(served, tmp_path / run, "2")
    assert files(tmp_path / "one") == files(tmp_path / "two")
    with zipfile.ZipFile(tmp_path / "one" / "2.cbz") as archive:
        text = archive.read("episode.json").decode()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    info = json.loads(text)
    assert "127.0.0.1" not in text
    assert sorted(info) == ["number", "pages", "site", "title", "title_id"]
    assert (info["number"], info["title"]) == (2, "제2화 둘")
    assert info["pages"][1]["height"] == 41
    assert sorted(info["pages"][1]) == ["bytes", "frames", "height", "name", "page", "sha256", "width"]


@pytest.mark.browser
def test_failed_episodes_do_not_stop_the_others_and_only_they_are_fetched_again(tmp_path: Path) -> None:
    cut_off = draw("rain", 3).pages[2][1][:-9]
    faults = {image(2, 1): Fault(404), image(3, 2): Fault(200, body=cut_off), detail(4): Fault(503)}
    with serve(draw, SHOWS, faults=faults) as served, pytest.raises(CrawlError) as failure:
        crawl(served, tmp_path, "1-5, 9")
    lines = str(failure.value).splitlines()
    assert lines[0].startswith("4 of 6 episodes of rain failed, the others are kept; run it again")
    assert [line.split()[0] for line in lines[1:]] == ["2", "3", "4", "9"]
    assert f"the server answered 404 to {served.image_origin}{image(2, 1)}" in lines[1]
    assert f"{image(3, 2)} is cut off: the end of its data is missing (3 times)" in lines[2]
    assert "the site answered 503" in lines[3]
    assert "the site has no such episode (it answered 404" in lines[4]
    assert sorted(files(tmp_path)) == ["1.cbz", "5.cbz"]
    assert asked(served.log, images=True).count(image(2, 1)) == 1
    assert asked(served.log, images=True).count(image(3, 2)) == 3
    assert asked(served.log, images=False).count(detail(4)) == 3

    with serve(draw, SHOWS) as served:
        assert str(crawl(served, tmp_path, "1-5")).startswith("5 episodes, 15 pages (3 fetched, 2 kept)")
    assert asked(served.log, images=False)[1:] == [detail(2), detail(3), detail(4)]


@pytest.mark.browser
def test_episodes_no_longer_declared_go_and_those_of_another_title_are_fetched_anew(tmp_path: Path) -> None:
    shows = {**SHOWS, "rainy": SHOWS["rain"]}
    with serve(draw, shows) as served:
        crawl(served, tmp_path, "1-3")
        first = files(tmp_path)
        assert crawl(served, tmp_path, "3").fetched == 0
        assert files(tmp_path) == {"3.cbz": first["3.cbz"]}
        assert missing_episodes(tmp_path, declared("3", title="rainy")) == (3,)
        crawl_series("rain", declared("3", title="rainy"), at(served), tmp_path, QUICK)
    assert read_info(tmp_path / "3.cbz")["title_id"] == "rainy"


@pytest.mark.browser
def test_a_page_that_robots_txt_forbids_is_never_asked_for(tmp_path: Path) -> None:
    with serve(draw, SHOWS) as served:
        members = replace(at(served), page="/members/detail?titleId={title}&no={episode}")
        with pytest.raises(CrawlError, match=r"1  robots\.txt forbids http.*/members/detail"):
            crawl(served, tmp_path, "1", members)
    assert asked(served.log, images=False) == ["/robots.txt"]
    assert files(tmp_path) == {}


@pytest.mark.browser
def test_images_on_a_host_that_is_not_allowed_are_refused(tmp_path: Path) -> None:
    foreign = {image(1): Fault(302, {"Location": "http://elsewhere.example/page.jpg"})}
    with (
        serve(draw, SHOWS, faults=foreign) as served,
        pytest.raises(CrawlError, match=r"http://elsewhere\.example/page\.jpg is not on an allowed host"),
    ):
        crawl(served, tmp_path, "1")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"images": "img["}, "a selector of the site's file is wrong: "),
        ({"images": ".nothing img"}, r"0 images at '\.nothing img' of http.*, not 1 or more: "),
        ({"least_pages": 4}, "3 images at .*, not 4 or more: "),
        ({"attributes": ("data-nothing",)}, r"image 1 of http.* has none of data-nothing"),
        ({"title": ".nothing"}, r"no title at '\.nothing' of http"),
    ],
)
def test_markup_that_does_not_fit_the_sites_file_is_a_fault(
    tmp_path: Path, wrong: dict[str, object], sentence: str
) -> None:
    with serve(draw, SHOWS) as served, pytest.raises(CrawlError, match=sentence):
        crawl(served, tmp_path, "1", replace(at(served), **wrong))  # type: ignore[arg-type]
    assert files(tmp_path) == {}


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files, of a short name: Chromium puts a socket in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


# --- The browser --------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_browser_that_died_is_started_anew_and_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    before = set(psutil.Process().children(recursive=True))
    with serve(draw, SHOWS) as served, browsing(find_browser(), at(served), 30.0, "me") as session:
        assert session.view(served.page_origin + detail(1)).title == "제1화 하나"
        processes = set(psutil.Process().children(recursive=True)) - before
        assert len(list(temporary.iterdir())) == 1
        for process in processes:
            process.kill()
        psutil.wait_procs(processes)
        broken = session.view(served.page_origin + detail(1))
        assert (broken.status, broken.addresses) == (0, ())
        assert session.view(served.page_origin + detail(2)).title == "제2화 둘"
        processes = set(psutil.Process().children(recursive=True)) - before | set(browsers_in(temporary))
    assert processes
    assert psutil.wait_procs(processes, timeout=60)[1] == []
    assert list(temporary.iterdir()) == []


@pytest.mark.browser
def test_the_browser_reaches_no_host_that_is_not_allowed() -> None:
    with serve(draw, SHOWS) as served:
        elsewhere = replace(at(served), origin="http://comic.example", hosts=("image.example",))
        with browsing(find_browser(), elsewhere, 30.0, "me") as session:
            view = session.view(served.page_origin + detail(1))
    assert (view.status, view.title) == (0, "")
    assert "net::ERR_NAME_NOT_RESOLVED" in view.fault
    assert served.log == []


def test_without_a_browser_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    manager = tmp_path / "selenium-manager"  # the real one looks in places of its own
    manager.write_text("#!/bin/sh\nexit 65\n")
    manager.chmod(0o755)
    monkeypatch.setenv("SE_MANAGER_PATH", str(manager))
    with pytest.raises(CrawlError, match=r"^no browser: install Chromium and its driver: `apt-get install"):
        find_browser({}, browsers=[], drivers=[])
    assert caplog.text == ""


def test_a_browser_of_selenium_managers_is_taken_with_its_driver_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SE_OFFLINE", "true")
    monkeypatch.setenv("SE_CACHE_PATH", str(tmp_path))
    with pytest.raises(CrawlError, match=r"^no (browser|driver for .*): install Chromium and its driver"):
        find_browser({}, browsers=[], drivers=[])


def program(path: Path, prints: str) -> str:
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs scripts that run")
def test_a_driver_of_another_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SE_OFFLINE", "true")
    monkeypatch.setenv("SE_CACHE_PATH", str(tmp_path))
    browser = program(tmp_path / "chromium", "Chromium 120.0.1 built on Debian")
    other = program(tmp_path / "driver119", "ChromeDriver 119.0.9 (abc)")
    fitting = program(tmp_path / "driver120", "ChromeDriver 120.0.2 (abc)")
    found = find_browser({}, [browser], [other, fitting])
    assert (found.binary, found.driver, found.version) == (browser, fitting, "120.0.1")
    with pytest.raises(CrawlError, match=rf"^no driver for {browser} 120\.0\.1 \({other} is 119\.0\.9\): "):
        find_browser({}, [browser], [other])
    named = find_browser({"TOONSEG_BROWSER": browser, "SE_CHROMEDRIVER": fitting}, [], [])
    assert (named.binary, named.driver) == (browser, fitting)


@pytest.mark.parametrize("variable", ["TOONSEG_BROWSER", "SE_CHROMEDRIVER"])
def test_a_browser_named_by_the_environment_must_be_there(variable: str) -> None:
    with pytest.raises(CrawlError, match=f"^{variable} names /no/such, which is no program: correct it"):
        find_browser({variable: "/no/such"})


@pytest.mark.skipif(sys.platform == "win32", reason="needs scripts that run")
def test_a_browser_that_does_not_start_is_told_at_once(tmp_path: Path) -> None:
    driver = tmp_path / "chromedriver"
    driver.write_text("#!/bin/sh\nexit 3\n")
    driver.chmod(0o755)
    browser = replace(find_browser(), driver=str(driver))
    with (
        pytest.raises(CrawlError, match=rf"^{browser.binary} does not start with {driver} \(Service .*code"),
        browsing(browser, load_site("demo"), 30.0, "me"),
    ):
        pass


def browsers_in(folder: Path) -> list[psutil.Process]:
    """Every process of a browser whose profile is in ``folder``, whoever its parent is by now."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in argument for argument in process.info["cmdline"] or [])
    ]


# --- Killed and stopped -------------------------------------------------------------------------


@dataclass(frozen=True)
class Gate:
    """A drawer that holds back one episode: whoever asks for it waits."""

    number: int
    reached: threading.Event
    opened: threading.Event

    def __call__(self, series: str, number: int) -> Episode:
        """Draw the episode, when it may be drawn."""
        if number == self.number:
            self.reached.set()
            self.opened.wait()
        return draw(series, number)


@dataclass(frozen=True)
class Halfway:
    """A crawling Python that waits for episode 3, and all that it has started."""

    python: subprocess.Popen[str]
    started: list[psutil.Process]
    served: Served
    folder: Path
    temporary: Path


@pytest.fixture
def halfway(tmp_path: Path, temporary: Path) -> Iterator[Halfway]:
    folder = tmp_path / "rain"
    gate = Gate(3, threading.Event(), threading.Event())
    gated: Draw = gate
    with serve(gated, SHOWS) as served:
        code = f"""
            from pathlib import Path
            from test_crawl import QUICK, declared, at
            from toonseg.console import guarded
            from toonseg.crawl.series import crawl_series
            from toonseg.demo.site import Site
            site = at(Site({served.page_origin!r}, {served.image_origin!r}))
            folder = Path({str(folder)!r})
            raise SystemExit(guarded(lambda: crawl_series("rain", declared("1-4"), site, folder, QUICK)))
        """
        environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parent)}
        python = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], env=environment, stderr=subprocess.PIPE, text=True
        )
        try:
            while not gate.reached.wait(0.1):
                assert python.poll() is None, "the crawl ended before episode 3"
            started = [*psutil.Process(python.pid).children(recursive=True), *browsers_in(temporary)]
            yield Halfway(python, started, served, folder, temporary)
        finally:
            gate.opened.set()
            python.kill()
            python.wait()
            if python.stderr:
                python.stderr.close()


@pytest.mark.browser
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the kernel offers no such thing")
def test_a_killed_crawl_leaves_no_browser_and_the_next_one_goes_on(
    halfway: Halfway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halfway.python.kill()
    assert len(halfway.started) > 3
    assert psutil.wait_procs(halfway.started, timeout=60)[1] == []
    assert sorted(files(halfway.folder)) == ["1.cbz", "2.cbz"]
    (halfway.folder / ".7.cbz.partial").write_bytes(b"half of an episode")
    (halfway.folder / "2.cbz").write_bytes(files(halfway.folder)["2.cbz"][:-30])

    monkeypatch.setattr("tempfile.tempdir", str(halfway.temporary))
    with serve(draw, SHOWS) as served:
        assert crawl(served, halfway.folder, "1-4").fetched == 3
        assert asked(served.log, images=False)[1:] == [detail(2), detail(3), detail(4)]
        crawl(served, tmp_path / "undisturbed", "1-4")
    assert files(halfway.folder) == files(tmp_path / "undisturbed")
    assert list(halfway.temporary.iterdir()) == []


@pytest.mark.browser
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_keeps_what_is_finished_and_leaves_nothing_else(halfway: Halfway) -> None:
    halfway.python.send_signal(signal.SIGINT)
    said = halfway.python.communicate()[1]
    assert halfway.python.returncode == 130
    assert said.splitlines() == ["error: stopped by Ctrl-C: what was finished is kept, run it again to go on"]
    assert psutil.wait_procs(halfway.started, timeout=60)[1] == []
    assert sorted(files(halfway.folder)) == ["1.cbz", "2.cbz"]
    assert list(halfway.temporary.iterdir()) == []


# --- The stage ----------------------------------------------------------------------------------


def stage(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the stage for tidal-town in a project of which only params.yaml is there."""
    values = {"connections": "4", "site": "demo", "episodes": "1", **changes}
    text = f"""
        crawl:
          contact: ''
          connections: {values["connections"]}
          delay_s: 0.0
          timeout_s: 120.0
          retries: 1
          back_off_s: 0.1
          most_wait_s: 1.0
        series:
          tidal-town:
            site: {values["site"]}
            title: tidal-town
            episodes: {values["episodes"]}
    """
    (folder / "params.yaml").write_text(textwrap.dedent(text))
    return subprocess.run(
        [sys.executable, "-m", "stages.crawl", "tidal-town"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.browser
def test_the_stage_fetches_the_demos_own_pages_and_then_keeps_them(tmp_path: Path) -> None:
    first = stage(tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    drawn = draw_demo("tidal-town", 1).pages
    assert first.stdout.startswith(f"crawl@tidal-town: 1 episodes, {len(drawn)} pages (1 fetched, 0 kept), ")
    path = tmp_path / "data" / "pages" / "tidal-town" / "1.cbz"
    assert [read_page(path, page) for page in read_pages(path, "tidal-town")] == [data for _, data in drawn]
    assert "(0 fetched, 1 kept)" in stage(tmp_path).stdout


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"connections": "17"}, "params.yaml, section 'crawl': connections must be at most 16, got 17"),
        ({"site": "naver5"}, "the site 'naver5' is unknown: there is "),
        ({"episodes": "7-1"}, "params.yaml, section 'series.tidal-town': episodes holds the range '7-1'"),
        ({"episodes": ""}, "params.yaml, section 'series.tidal-town': episodes must name at least one"),
    ],
)
def test_the_stage_refuses_a_wrong_value_with_one_sentence(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    refused = stage(tmp_path, **changes)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: {sentence}")
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


# --- Downloads, from the site without a browser -------------------------------------------------


def fetch(faults: Mapping[str, Fault], *, params: CrawlParams = QUICK, referer: str = "") -> list[Request]:
    """Fetch the first image of episode 1; gives the site's log. Its bytes are checked."""
    with serve(draw, SHOWS, faults=faults) as served, Downloader(params, LOOPBACK) as downloader:
        address = served.image_origin + image(1)
        try:
            [(facts, data)] = downloader.images([address], referer or served.page_origin)
        except CrawlError as error:
            raise CrawlError(str(error), served.log) from None
        assert data == draw("rain", 1).pages[0][1]
        assert (facts.format, facts.width, facts.height, facts.frames) == ("jpeg", 30, 40, 1)
        return served.log


def refusal(
    faults: Mapping[str, Fault], *, params: CrawlParams = QUICK, referer: str = ""
) -> tuple[str, int]:
    """The sentence with which that image is refused, and how often it was asked for."""
    with pytest.raises(CrawlError) as error:
        fetch(faults, params=params, referer=referer)
    sentence, log = error.value.args
    return sentence, len(log)


def test_no_addresses_give_no_images() -> None:
    with Downloader(QUICK, LOOPBACK) as downloader:
        assert downloader.images([], "http://127.0.0.1") == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(503, times=2),
        Fault(500, times=1),
        Fault(429, {"Retry-After": "0"}, times=2),
        Fault(429, {"Retry-After": email.utils.formatdate(0)}, times=1),
        Fault(429, {"Retry-After": "soon"}, times=1),
        Fault(200, {"Content-Length": "5000"}, b"cut in the middle", times=1),
        Fault(200, {"Content-Encoding": "gzip"}, b"not compressed", times=1),
        Fault(200, {}, draw("rain", 1).pages[0][1][:-5], times=1),
        Fault(200, {}, b"<!DOCTYPE html>", times=2),
    ],
    ids=["503", "500", "429", "429 date", "429 odd", "cut", "undecodable", "truncated", "web page"],
)
def test_a_fault_that_passes_is_healed(fault: Fault) -> None:
    assert len(fetch({image(1): fault})) == fault.times + 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_never_tried_again(status: int) -> None:
    sentence, requests = refusal({image(1): Fault(status)})
    assert sentence.startswith(f"the server answered {status} to http://127.0.0.1:")
    assert requests == 1


def test_an_image_without_the_right_referer_is_refused() -> None:
    sentence, requests = refusal({}, referer="http://elsewhere.example")
    assert "answered 403" in sentence
    assert requests == 1


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault(503), "the server answered 503 to "),
        (Fault(200, {}, b"<!DOCTYPE html>"), "is no JPEG, PNG, WebP or GIF image: it begins with "),
        (Fault(200, {"Content-Length": "5000"}, b"cut"), "peer closed connection"),
        (Fault(200, {"Content-Encoding": "gzip"}, b"not compressed"), "came damaged: "),
    ],
)
def test_a_fault_that_stays_is_told_with_how_often_it_was_tried(fault: Fault, sentence: str) -> None:
    said, requests = refusal({image(1): fault})
    assert sentence in said
    assert said.endswith("(3 times)")
    assert requests == 3


def test_retry_after_holds_for_the_whole_host() -> None:
    faults = {image(1): Fault(429, {"Retry-After": "1"}, times=1)}
    with serve(draw, SHOWS, faults=faults) as served, Downloader(QUICK, LOOPBACK) as downloader:
        with pytest.raises(CrawlError, match="answered 404"):
            downloader.images([served.image_origin + "/none.jpg"], served.page_origin)
        begun = time.monotonic()
        downloader.images([served.image_origin + image(1)], served.page_origin)
        assert time.monotonic() - begun >= 1


def test_a_host_that_asks_for_too_long_a_wait_is_given_up() -> None:
    sentence, requests = refusal({image(1): Fault(429, {"Retry-After": "3600"})})
    assert sentence.endswith("asks to come back in 3600 s, more than crawl.most_wait_s")
    assert requests == 1


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("http://elsewhere.example/page.jpg", "is not on an allowed host (127.0.0.1)"),
        ("ftp://127.0.0.1/page.jpg", "is not on an allowed host"),
        (image(1), "redirects more than 5 times"),
    ],
)
def test_a_redirect_goes_to_allowed_hosts_only_and_ends(target: str, sentence: str) -> None:
    assert sentence in refusal({image(1): Fault(302, {"Location": target})})[0]


def test_a_redirect_within_the_host_is_followed() -> None:
    assert len(fetch({image(1): Fault(302, {"Location": image(1)}, times=1)})) == 2


@pytest.mark.parametrize("address", ["http://elsewhere.example/1.jpg", "file:///etc/hostname"])
def test_an_address_of_another_host_is_not_asked_for(address: str) -> None:
    with Downloader(QUICK, LOOPBACK) as downloader, pytest.raises(CrawlError, match="not on an allowed host"):
        downloader.images([address], "http://127.0.0.1")


def test_a_host_that_cannot_be_reached_is_told() -> None:
    with serve(draw, SHOWS) as gone:
        pass
    with Downloader(QUICK, LOOPBACK) as downloader:
        with pytest.raises(CrawlError, match=r"/1\.jpg: cannot be reached \(3 times\)"):
            downloader.images([gone.image_origin + "/1.jpg"], gone.page_origin)
        assert downloader.get(gone.page_origin + "/robots.txt") == (0, b"")


def test_a_server_that_never_answers_is_told() -> None:
    async def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with (
        Downloader(QUICK, LOOPBACK, httpx.MockTransport(silent)) as downloader,
        pytest.raises(CrawlError, match=r"no answer in time \(3 times\)"),
    ):
        downloader.images(["http://127.0.0.1/1.jpg"], "http://127.0.0.1")


def test_images_come_in_the_order_asked_for_each_fetched_once_over_few_connections() -> None:
    active, most, asked_for = 0, 0, []

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal active, most
        asked_for.append(request.url.path)
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.01 if len(asked_for) % 2 else 0.0)
        active -= 1
        return httpx.Response(200, content=draw("rain", int(request.url.path[1:])).pages[0][1])

    numbers = [5, 1, 4, 1, 3, 2, 6]
    with Downloader(QUICK, LOOPBACK, httpx.MockTransport(answer)) as downloader:
        found = downloader.images([f"http://127.0.0.1/{number}" for number in numbers], "http://127.0.0.1")
    assert [data for _, data in found] == [draw("rain", number).pages[0][1] for number in numbers]
    assert sorted(asked_for) == [f"/{number}" for number in range(1, 7)]
    assert most == QUICK.connections


def test_an_endless_image_is_given_up() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(10_000_000)

    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=endless()))
    with (
        Downloader(QUICK, LOOPBACK, transport) as downloader,
        pytest.raises(CrawlError, match="is larger than 100000000 bytes"),
    ):
        downloader.images(["http://127.0.0.1/1.jpg"], "http://127.0.0.1")


def test_the_wait_before_each_attempt_doubles_up_to_the_most() -> None:
    params = replace(QUICK, back_off_s=0.5, most_wait_s=3.0)
    assert [back_off_s(attempt, params) for attempt in range(5)] == [0.0, 0.5, 1.0, 2.0, 3.0]


# --- robots.txt ---------------------------------------------------------------------------------

PAGE = "http://comic.example/webtoon/detail?titleId=a&no=1"


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_all_is_allowed_where_robots_txt_says_nothing_or_is_not_there(status: int) -> None:
    robots = Robots(lambda address: (status, b""))
    robots.check(PAGE)
    assert robots.delay_s(PAGE) == 0


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_nothing_is_allowed_where_robots_txt_cannot_be_had(status: int) -> None:
    robots = Robots(lambda address: (status, b""))
    with pytest.raises(
        CrawlError, match=r"^http://comic\.example/robots\.txt cannot be had, which forbids all"
    ):
        robots.check(PAGE)


def test_robots_txt_is_asked_for_once_an_origin_and_obeyed() -> None:
    fetched = []

    def answer(address: str) -> tuple[int, bytes]:
        fetched.append(address)
        return (
            200,
            b"User-agent: *\nAllow: /\n\nUser-agent: toonseg\nCrawl-delay: 2.5\nDisallow: /webtoon/*no=2$",
        )

    robots = Robots(answer)
    robots.check(PAGE)
    with pytest.raises(CrawlError, match=r"^robots\.txt forbids http://comic\.example/.*no=2$"):
        robots.check(PAGE.replace("no=1", "no=2"))
    assert robots.delay_s(PAGE) == 2.5
    robots.check("https://comic.example/")
    assert fetched == ["http://comic.example/robots.txt", "https://comic.example/robots.txt"]


# --- Sites as data ------------------------------------------------------------------------------


def site_file(**changes: object) -> Site:
    return check_params({**read_yaml(SITES / "demo.yaml"), **changes}, Site, "site file x.yaml")


def test_the_demo_site_is_read_from_its_file() -> None:
    site = load_site("demo")
    assert site.episode_address("after-class", 3) == (
        "http://127.0.0.1/webtoon/detail?titleId=after-class&no=3"
    )
    assert site.allowed_hosts == {"127.0.0.1"}
    assert site.pages_among(("http://a/1.jpg", "http://a/static/ads.png")) == ("http://a/1.jpg",)


def test_a_title_of_any_script_is_quoted_in_the_address() -> None:
    assert site_file().episode_address("비/&?", 1).endswith("titleId=%EB%B9%84%2F%26%3F&no=1")


def test_an_unknown_site_is_told_with_those_there_are() -> None:
    with pytest.raises(ParamsError, match=r"^the site 'naver' is unknown: there is .*demo"):
        load_site("naver")
    with pytest.raises(ParamsError, match="is unknown"):
        load_site("../sites/demo")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"origin": "comic.example"}, "origin must be a scheme and a host"),
        ({"origin": "https://comic.example/"}, "origin must be a scheme and a host"),
        ({"page": "/detail?no=3"}, "page must be a path with {episode}"),
        ({"page": "/detail?no={number}"}, "page must be a path with {episode}"),
        ({"page": "/detail?no={"}, "page must be a path with {episode}"),
        ({"images": ""}, "images "),
        ({"attributes": []}, "attributes "),
        ({"attributes": "src"}, "attributes "),
        ({"least_pages": 0}, "least_pages must be at least 1, got 0"),
        ({"selector": "img"}, "unknown key selector"),
    ],
)
def test_a_wrong_site_file_is_told_with_its_key(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParamsError, match=f"^site file x.yaml: {sentence}"):
        site_file(**changes)
