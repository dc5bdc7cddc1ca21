"""Programs of a browser and its driver on this machine: where they are, and which of them fit together."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Browser:
    """A Chrome or Chromium and the driver of the same version."""

    binary: str
    driver: str
    version: str


def named(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    """The file that a variable of the environment names. Raises CrawlError when there is none."""
    path = environment.get(variable, "")
    if path and not shutil.which(path):
        raise CrawlError(f"{variable} names {path}, which is no program: correct it or unset it")
    return (path,) if path else ()


def versions(programs: Sequence[str]) -> dict[str, str]:
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


def matching(browsers: Mapping[str, str], drivers: Mapping[str, str]) -> Browser | None:
    """The first browser and driver of the same major version."""
    for binary, version in browsers.items():
        for driver, driver_version in drivers.items():
            if version.split(".")[0] == driver_version.split(".")[0]:
                return Browser(binary, driver, version)
    return None


def lack(found: Mapping[str, str], driving: Mapping[str, str]) -> str:
    """The sentence for browsers and drivers, by path and version, of which none fit together."""
    if not found:
        return f"no browser: {_INSTALL}"
    binary, version = next(iter(found.items()))
    others = ", ".join(f"{path} is {version}" for path, version in driving.items())
    return f"no driver for {binary} {version}{f' ({others})' if others else ''}: {_INSTALL}"
