"""A headless Chromium, driven by Selenium: found, started, read, and gone without a trace."""

import ctypes
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from selenium import webdriver
from selenium.common.exceptions import (
    InvalidElementStateException,
    JavascriptException,
    TimeoutException,
    WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.options import BaseOptions
from selenium.webdriver.common.selenium_manager import SeleniumManager
from selenium.webdriver.remote.remote_connection import RemoteConnection

from toonseg.crawl.download import NOBODY
from toonseg.crawl.sites import Site
from toonseg.errors import CrawlError

BROWSERS = (
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/opt/google/chrome/chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
DRIVERS = (
    "chromedriver",
    "/usr/bin/chromedriver",
    "/usr/lib/chromium/chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
    "/usr/local/bin/chromedriver",
    "/opt/homebrew/bin/chromedriver",
)
_INSTALL = (
    "install Chromium and its driver: `apt-get install chromium chromium-driver`, or Chrome, "
    "or run `make setup`"
)
_FOLDER = "toonseg-browser-"
_SOCKET = "/org.chromium.Chromium.XXXXXX/SingletonSocket"  # in TMPDIR; a socket's path has 103 bytes at most

# Reads in one go what a viewer's page shows; `address` is null for an image that names none.
_READ = """
const [images, attributes, title] = arguments;
const heading = document.querySelector(title);
const visit = performance.getEntriesByType('navigation')[0];
const addressOf = image => {
  for (const name of attributes) {
    const value = image.getAttribute(name);
    if (value && !value.startsWith('data:')) return new URL(value, document.baseURI).href;
  }
  return null;
};
return {
  status: visit ? visit.responseStatus : 0,
  title: heading ? heading.textContent.replace(/\\s+/g, ' ').trim() : '',
  addresses: [...document.querySelectorAll(images)].map(addressOf),
};
"""


@dataclass(frozen=True)
class Browser:
    """A Chrome or Chromium and the driver of the same version."""

    binary: str
    driver: str
    version: str


@dataclass(frozen=True)
class View:
    """What a page showed. ``status`` is 0, and ``fault`` says why, when the browser got no page."""

    status: int
    title: str = ""
    addresses: tuple[str | None, ...] = ()
    fault: str = ""


def find_browser(
    environment: Mapping[str, str] | None = None,
    browsers: Sequence[str] = BROWSERS,
    drivers: Sequence[str] = DRIVERS,
) -> Browser:
    """Find a browser and its driver: on this machine, else by Selenium Manager, which may download them.

    TOONSEG_BROWSER and SE_CHROMEDRIVER in the environment name the files to use. Raises CrawlError that
    says what to install when there is no pair of the same major version.
    """
    environment = os.environ if environment is None else environment
    found = _versions(_named(environment, "TOONSEG_BROWSER") or browsers)
    driving = _versions(_named(environment, "SE_CHROMEDRIVER") or drivers)
    return _matching(found, driving) or _managed(found, driving)


@contextmanager
def browsing(browser: Browser, site: Site, timeout_s: float, agent: str) -> Iterator["Session"]:
    """A started browser that shows pages of ``site``, and nothing else. Raises CrawlError if it fails."""
    session = Session(browser, site, timeout_s, agent)
    try:
        session.start()
        yield session
    finally:
        session.close()


class Session:
    """One running browser; it is started anew when it died."""

    def __init__(self, browser: Browser, site: Site, timeout_s: float, agent: str) -> None:
        self._browser = browser
        self._site = site
        self._timeout_s = timeout_s
        self._agent = agent
        self._running: webdriver.Chrome | None = None
        self._service: Service | None = None
        self._place: _Place | None = None

    def start(self) -> webdriver.Chrome:
        """The running browser. Raises CrawlError when it does not start."""
        if self._running is None:
            self._place = _Place()
            self._service = _service(self._browser, self._place.folder)
            options = _options(self._browser, self._site, self._agent, self._place.folder)
            try:
                self._running = webdriver.Chrome(options, self._service)
            except (WebDriverException, OSError, urllib3.exceptions.HTTPError) as error:
                self.close()
                raise CrawlError(
                    f"{self._browser.binary} does not start with {self._browser.driver} "
                    f"({_first_line(error)}): `toonseg doctor` says what is installed"
                ) from None
            self._running.set_page_load_timeout(self._timeout_s)
        return self._running

    def close(self) -> None:
        """End the browser and remove all it wrote."""
        running, self._running = self._running, None
        service, self._service = self._service, None
        place, self._place = self._place, None
        if running and isinstance(running.command_executor, RemoteConnection):
            running.command_executor.close()  # type: ignore[no-untyped-call]
        if service:
            _end(service)
        if place:
            place.remove()

    def view(self, address: str) -> View:
        """Show a page and read its title and its images' addresses.

        Raises CrawlError when a selector of the site is wrong, or when no browser starts.
        """
        running = self.start()
        try:
            running.get(address)
            read = running.execute_script(
                _READ, self._site.images, list(self._site.attributes), self._site.title
            )
        except TimeoutException:
            return View(NOBODY, fault=f"{address} did not load in {self._timeout_s:g} s")
        except (JavascriptException, InvalidElementStateException) as error:
            raise CrawlError(f"a selector of the site's file is wrong: {_first_line(error)}") from None
        except (WebDriverException, OSError, urllib3.exceptions.HTTPError) as error:
            if "net::" not in str(error):
                self.close()  # the browser died: the next view starts another
            return View(NOBODY, fault=f"{address}: {_first_line(error)}")
        return View(int(read["status"]), str(read["title"]), tuple(read["addresses"]))


class _Place:
    """A folder for all that a browser writes. A lock held on it tells it from one left by a killed run."""

    def __init__(self) -> None:
        _remove_abandoned()
        self.folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
        self._lock = _lock(self.folder)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None when another process holds it."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_abandoned() -> None:
    """Remove the folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        lock = _lock(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _options(browser: Browser, site: Site, agent: str, folder: Path) -> webdriver.ChromeOptions:
    options = webdriver.ChromeOptions()
    options.binary_location = browser.binary
    strangers = "MAP * ~NOTFOUND" + "".join(f" , EXCLUDE {host}" for host in sorted(site.allowed_hosts))
    for argument in (
        "--headless=new",
        "--remote-debugging-pipe",  # with it the browser ends with its driver
        f"--user-data-dir={folder / 'profile'}",
        f"--host-resolver-rules={strangers}",
        f"--user-agent={agent}",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-sync",
        "--mute-audio",
        "--no-default-browser-check",
        "--no-first-run",
    ):
        options.add_argument(argument)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # as root Chromium refuses to start otherwise
    # The client fetches the images; in the browser each would be fetched a second time.
    options.add_experimental_option("prefs", {"profile.managed_default_content_settings.images": 2})
    # The driver is on this machine. The method that Chrome's options have warns, and has no successor yet.
    BaseOptions.ignore_local_proxy_environment_variables(options)
    return options


def _service(browser: Browser, folder: Path) -> Service:
    """The driver: it writes nothing outside ``folder``, and dies with us but not of the terminal's Ctrl-C."""
    homes = ["XDG_CONFIG_HOME", "XDG_CACHE_HOME"]
    if len(os.fsencode(folder)) + len(_SOCKET) <= 103:
        homes.append("TMPDIR")
    environment = {**os.environ, **dict.fromkeys(homes, str(folder))}
    process: dict[str, Any] = {}
    if sys.platform != "win32":
        process = {"start_new_session": True, "preexec_fn": _dying_with_parent()}
    return Service(executable_path=browser.driver, env=environment, popen_kw=process)


def _end(service: Service) -> None:
    """Kill the driver and its browser: asked to quit, they would first finish loading their page."""
    process = getattr(service, "process", None)
    if process is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        process.kill() if sys.platform == "win32" else os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()


def _dying_with_parent() -> Callable[[], None] | None:
    """What a child process does first, on Linux: ask the kernel to be killed when its parent ends."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    return lambda: prctl(1, signal.SIGKILL)  # 1: PR_SET_PDEATHSIG


def _named(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    """The file that a variable of the environment names. Raises CrawlError when there is none."""
    path = environment.get(variable, "")
    if path and not shutil.which(path):
        raise CrawlError(f"{variable} names {path}, which is no program: correct it or unset it")
    return (path,) if path else ()


def _versions(programs: Sequence[str]) -> dict[str, str]:
    """Path and version of those programs that there are, and that say their version."""
    paths = dict.fromkeys(path for path in map(shutil.which, programs) if path)
    told = {path: _version(path) for path in paths}
    return {path: version for path, version in told.items() if version}


def _version(path: str) -> str:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    number = re.search(r"\d+(\.\d+)+", said.stdout)
    return number[0] if number else ""


def _matching(browsers: Mapping[str, str], drivers: Mapping[str, str]) -> Browser | None:
    """The first browser and driver of the same major version."""
    for binary, version in browsers.items():
        for driver, driver_version in drivers.items():
            if version.split(".")[0] == driver_version.split(".")[0]:
                return Browser(binary, driver, version)
    return None


def _managed(found: Mapping[str, str], driving: Mapping[str, str]) -> Browser:
    """What Selenium Manager knows, or finds on the Internet."""
    arguments = ["--browser", "chrome"]
    for binary in list(found)[:1]:
        arguments += ["--browser-path", binary]
    logging.getLogger(SeleniumManager.__module__).setLevel(logging.ERROR)  # what it lacks is told below
    try:
        paths = SeleniumManager().binary_paths(arguments)
    except WebDriverException:
        raise CrawlError(_lack(found, driving)) from None
    managed = _versions([paths["browser_path"]])
    pair = _matching(managed, _versions([paths["driver_path"]]))
    if pair is None:
        raise CrawlError(_lack(found or managed, driving))
    return pair


def _lack(found: Mapping[str, str], driving: Mapping[str, str]) -> str:
    if not found:
        return f"no browser: {_INSTALL}"
    binary, version = next(iter(found.items()))
    others = ", ".join(f"{path} is {version}" for path, version in driving.items())
    return f"no driver for {binary} {version}{f' ({others})' if others else ''}: {_INSTALL}"


def _first_line(error: Exception) -> str:
    lines = (getattr(error, "msg", "") or str(error)).strip().splitlines()
    return lines[0].removeprefix("unknown error: ") if lines else type(error).__name__
