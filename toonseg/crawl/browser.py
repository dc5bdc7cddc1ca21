"""A headless Chromium, driven by Selenium: started, read, and gone without a trace."""

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import urllib3
from selenium import webdriver
from selenium.common.exceptions import (
    JavascriptException,
    TimeoutException,
    UnexpectedAlertPresentException,
    WebDriverException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.options import BaseOptions
from selenium.webdriver.common.selenium_manager import SeleniumManager
from selenium.webdriver.remote.remote_connection import RemoteConnection

from toonseg.crawl.lodging import Lodging, dying_with_us, end
from toonseg.crawl.manners import NOBODY, may_pass
from toonseg.crawl.programs import BROWSERS, DRIVERS, Browser, lack, matching, named, versions
from toonseg.crawl.sites import Closed, Site
from toonseg.crawl.travel import Travel
from toonseg.errors import CrawlError

_READ = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
# Gives the key and fault of the first selector that is none.
_TRY_SELECTORS = """
for (const [key, selector] of Object.entries(arguments[0])) {
  try { document.querySelector(selector) } catch (error) { return [key, selector] }
}
return null;
"""
# No image is loaded, but some viewers show the next one when the one before has arrived.
_TELL_OF_LOADING = """
{
  const {set, ...others} = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, 'src');
  Object.defineProperty(HTMLImageElement.prototype, 'src', {...others, set(address) {
    set.call(this, address);
    setTimeout(() => this.dispatchEvent(new Event('load')));
  }});
}
"""
_MOVING_S = 0.05  # between two looks at a page that leads on to another by script
_BROKEN = (WebDriverException, OSError, urllib3.exceptions.HTTPError)


@dataclass(frozen=True)
class View:
    """What a page showed, and where the browser was in the end.

    ``status`` is 0, and ``fault`` says why, when the browser got no page; where only a request of the page's
    scripts failed, both are of that. An address is None for an image that names none. ``failed`` are the
    requests of scripts that came to nothing, with their statuses, and ``refused`` the hosts that scripts
    asked, but may not.
    """

    status: int
    address: str
    title: str = ""
    addresses: tuple[str | None, ...] = ()
    previous: str | None = None
    next: str | None = None
    closed: Closed | None = None
    pause_s: float = 0.0
    fault: str = ""
    failed: tuple[tuple[int, str], ...] = ()
    refused: tuple[str, ...] = ()


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
    found = versions(named(environment, "TOONSEG_BROWSER") or browsers)
    driving = versions(named(environment, "SE_CHROMEDRIVER") or drivers)
    return matching(found, driving) or _managed(found, driving)


@contextmanager
def browsing(browser: Browser, site: Site, timeout_s: float, agent: str) -> Iterator["Session"]:
    """A started browser that shows pages of ``site``, and nothing else.

    Raises CrawlError when it does not start, or when a selector of the site's file is none.
    """
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
        self._lodging: Lodging | None = None

    def start(self) -> webdriver.Chrome:
        """The running browser. Raises CrawlError when it does not start, or a selector is none."""
        if self._running is None:
            self._lodging = Lodging()
            self._service = Service(
                executable_path=self._browser.driver,
                env=self._lodging.environment(),
                popen_kw=dying_with_us(),
            )
            options = _options(self._browser, self._site, self._agent, self._lodging.folder)
            try:
                self._running = webdriver.Chrome(options, self._service)
                self._prepare(self._running)
            except _BROKEN as error:
                self.close()
                raise CrawlError(
                    f"{self._browser.binary} does not start with {self._browser.driver} "
                    f"({_first_line(error)}): `toonseg doctor` says what is installed"
                ) from None
        return self._running

    def close(self) -> None:
        """End the browser and remove all it wrote."""
        running, self._running = self._running, None
        service, self._service = self._service, None
        lodging, self._lodging = self._lodging, None
        if running and isinstance(running.command_executor, RemoteConnection):
            running.command_executor.close()  # type: ignore[no-untyped-call]
        process = getattr(service, "process", None)
        if process is not None:
            end(process)
        if lodging:
            lodging.remove()

    def view(self, address: str) -> View:
        """Show a page and read it. Raises CrawlError when no browser starts."""
        running = self.start()
        travel = Travel(address, self._site)
        try:
            running.execute_script("window.toonsegLeft = true")  # tells the page we leave from the next
            running.get(address)
            read = self._settled(running, travel)
        except TimeoutException:
            self.close()  # what waits for an answer is not to be spoken to: it would be minutes
            return View(NOBODY, address, fault=f"{address} did not load in {self._timeout_s:g} s")
        except UnexpectedAlertPresentException as error:
            _follow(running, travel)
            said = " ".join((error.alert_text or "").split())
            return View(200, travel.address, fault=f"the site says of {address}: {said}")
        except _BROKEN as error:
            self.close()  # the browser died: the next view starts another
            return View(NOBODY, address, fault=f"{address}: {_first_line(error)}")
        if not read["address"].startswith("http"):  # a page of the browser's own, for an empty or no answer
            read |= {"address": travel.address, "fault": "" if read["status"] else travel.fault}
        if read["status"] == 200 and not read["closed"] and not read.get("fault"):
            read |= self._missed(travel)
        fault = read.pop("fault", "")
        return View(
            **{**read, "addresses": tuple(read["addresses"])},
            pause_s=travel.pause_s,
            fault=f"{address}: {fault}" if fault else "",
            failed=tuple((status, asked.address) for asked, status in travel.failed.items()),
            refused=tuple(sorted(travel.refused)),
        )

    def _missed(self, travel: Travel) -> dict[str, Any]:
        """Status and fault of the first request of a script that may be answered another time."""
        for asked, status in travel.failed.items():
            if may_pass(status) and not self._site.drops(asked.address):
                answer = f"was answered {status}" if status else "was not answered"
                fault = (
                    f"its script's request for {asked.address} {answer}, so images may be missing: try again "
                    "later, or name a part of that address in `drop` if it brings none"
                )
                return {"status": status, "fault": fault}
        return {}

    def _prepare(self, running: webdriver.Chrome) -> None:
        """Set the waits and the cookies, and try the selectors before any page is asked for."""
        running.set_page_load_timeout(self._timeout_s)
        running.set_script_timeout(self._site.patience_s + 2 * self._timeout_s)
        wrong = running.execute_script(_TRY_SELECTORS, self._site.selectors())
        if wrong:
            self.close()
            raise CrawlError(f"the site's file: {wrong[0]} is no CSS selector, got {wrong[1]!r}")
        running.get_log("performance")  # type: ignore[no-untyped-call]  # that of the browser's own first page
        running.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _TELL_OF_LOADING})
        for name, value in self._site.cookies.items():
            cookie = {"name": name, "value": value, "url": self._site.origin}
            running.execute_cdp_cmd("Network.setCookie", cookie)

    def _settled(self, running: webdriver.Chrome, travel: Travel) -> dict[str, Any]:
        """Read the page, again while its scripts wait for answers: these may bring more images.

        An answer may come when the page has been read and the log has not: then the page is read once more.
        """
        read = self._read(running, travel.address)
        answers = 0
        _follow(running, travel)
        until = time.monotonic() + self._site.patience_s
        while (travel.awaited or travel.answers > answers) and time.monotonic() < until:
            if read["status"] != 200 or read["closed"]:
                break
            answers = travel.answers
            read = self._read(running, travel.address)
            _follow(running, travel)
        return read

    def _read(self, running: webdriver.Chrome, address: str) -> dict[str, Any]:
        """Read the page that is open, or the page that it leads on to by script."""
        wants = _wants(self._site, self._timeout_s)
        until = time.monotonic() + self._timeout_s
        while time.monotonic() < until:
            # The page moved on: the driver calls that a fault of the script, or its time-out at once.
            with suppress(JavascriptException, TimeoutException):
                read = running.execute_async_script(_READ, wants)
                if read is not None:
                    return dict(read)
                running.execute_script("")  # it moves on, or a dialog is open: then this raises what it says
            time.sleep(_MOVING_S)
        raise TimeoutException(f"{address} leads on from page to page")


def _wants(site: Site, timeout_s: float) -> dict[str, Any]:
    """What page.js asks of a site's file: all but the markers that are looked for in the address."""
    selectors = site.selectors().values()
    markers = {kind: [mark for mark in marks if mark in selectors] for kind, marks in site.markers.items()}
    return {**asdict(site), "markers": markers, "timeout_s": timeout_s}


def _follow(running: webdriver.Chrome, travel: Travel) -> None:
    """Have ``travel`` read what the browser wrote into its log since the last time."""
    try:
        entries = running.get_log("performance")  # type: ignore[no-untyped-call]
    except _BROKEN:
        return  # it died, as the view's own fault will say
    travel.follow(json.loads(entry["message"])["message"] for entry in entries)


def _options(browser: Browser, site: Site, agent: str, folder: Path) -> webdriver.ChromeOptions:
    options = webdriver.ChromeOptions()
    options.binary_location = browser.binary
    options.page_load_strategy = "none"  # else the driver asks again for a page whose host is not allowed
    strangers = "MAP * ~NOTFOUND" + "".join(f" , EXCLUDE {host}" for host in sorted(site.allowed_hosts))
    for argument in (
        "--headless=new",
        "--remote-debugging-pipe",  # with it the browser ends with its driver
        f"--user-data-dir={folder / 'profile'}",
        f"--host-resolver-rules={strangers}",
        f"--user-agent={agent}",
        "--window-size=1200,3000",  # fewer steps to scroll
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
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    # The driver is on this machine. The method that Chrome's options have warns, and has no successor yet.
    BaseOptions.ignore_local_proxy_environment_variables(options)
    return options


def _managed(found: Mapping[str, str], driving: Mapping[str, str]) -> Browser:
    """What Selenium Manager knows, or finds on the Internet."""
    arguments = ["--browser", "chrome"]
    for binary in list(found)[:1]:
        arguments += ["--browser-path", binary]
    logging.getLogger(SeleniumManager.__module__).setLevel(logging.ERROR)  # what it lacks is told below
    try:
        paths = SeleniumManager().binary_paths(arguments)
    except WebDriverException:
        raise CrawlError(lack(found, driving)) from None
    managed = versions([paths["browser_path"]])
    pair = matching(managed, versions([paths["driver_path"]]))
    if pair is None:
        raise CrawlError(lack(found or managed, driving))
    return pair


def _first_line(error: Exception) -> str:
    lines = (getattr(error, "msg", "") or str(error)).strip().splitlines()
    return lines[0].removeprefix("unknown error: ") if lines else type(error).__name__
