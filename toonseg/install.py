"""`toonseg browser`: find the browser that crawl drives, or install one."""

import os
import shutil
import subprocess

from toonseg.crawl.browser import find_browser
from toonseg.crawl.programs import BROWSERS, DRIVERS
from toonseg.errors import CrawlError

_PACKAGES = ("chromium", "chromium-driver")


def see_to_browser(install: bool) -> str:
    """Find a browser and its driver; where there is none, install Debian's if asked and able to.

    Gives what was found, in words. Raises CrawlError that says what to install by hand.
    """
    if install and not _present() and _on_debian_as_root():
        print("Installing Debian's Chromium and its driver", flush=True)
        _apt_get("update", "-qq")
        _apt_get("install", "-qq", "--no-install-recommends", *_PACKAGES)
    browser = find_browser()
    return f"browser: {browser.version} at {browser.binary}, driver {browser.driver}"


def _present() -> bool:
    """Whether a browser and a driver are here, or named by the user."""
    named = "TOONSEG_BROWSER" in os.environ or "SE_CHROMEDRIVER" in os.environ
    return named or all(any(map(shutil.which, names)) for names in (BROWSERS, DRIVERS))


def _on_debian_as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-y", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        fault = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CrawlError(f"apt-get {arguments[0]} failed ({fault}): install {' '.join(_PACKAGES)} yourself")
