"""The browser: it talks to allowed hosts only, dies with its parent, and leaves nothing."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from crawling import asked, at, browsers_in, crawl, detail, files
from tiny_webtoon import SHOWS, Episode, draw

from toonseg.crawl.browser import browsing, find_browser
from toonseg.crawl.sites import load_site
from toonseg.demo.site import Site as Served
from toonseg.demo.site import serve
from toonseg.demo.studio import Draw
from toonseg.errors import CrawlError


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
            with suppress(psutil.NoSuchProcess):  # some end with their parent
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
    assert view.fault.endswith("net::ERR_NAME_NOT_RESOLVED")
    assert served.log == []


@pytest.mark.browser
def test_a_page_that_never_comes_is_given_up_and_the_next_one_is_shown() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        serve(draw, SHOWS) as served,
        browsing(find_browser(), at(served), 4.0, "me") as session,
    ):
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        view = session.view(address)
        assert (view.status, view.fault) == (0, f"{address} did not load in 4 s")
        assert session.view(served.page_origin + detail(2)).title == "제2화 둘"


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
            from crawling import QUICK, declared, at
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
