"""`toonseg doctor`: what is installed, and what is missing for what."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from toonseg.errors import ToonsegError


@dataclass(frozen=True)
class Finding:
    """One line of the examination. ``missing`` says what to do; ``needed`` whether that is a fault."""

    name: str
    purpose: str
    found: str
    missing: str
    needed: bool


def examine() -> int:
    """Print what was found, a line each; exit status 1 when something needed is missing."""
    findings = [look() for look in LOOKS]
    for finding in findings:
        mark = "ok  " if finding.found else "MISS" if finding.needed else "-   "
        print(f"{mark} {finding.name:15}{finding.purpose:25}{finding.found or finding.missing}")
    lacking = [finding.name for finding in findings if finding.needed and not finding.found]
    if lacking:
        print(f"missing: {', '.join(lacking)}", file=sys.stderr)
    return 1 if lacking else 0


def _python() -> Finding:
    running = ".".join(map(str, sys.version_info[:3]))
    found = running if sys.version_info >= (3, 11) else ""
    return Finding("python", "everything", found, f"{running} is too old: 3.11 or later", needed=True)


def _package(name: str, purpose: str, needed: bool = True, hint: str = "run `make setup`") -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = ""
    return Finding(name, purpose, found, hint, needed)


def _git() -> Finding:
    program = shutil.which("git")
    said = (
        subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        if program
        else None
    )
    found = said.stdout.strip().removeprefix("git version ") if said else ""
    return Finding("git", "DVC and experiments", found, "install Git", needed=True)


def _browser() -> Finding:
    from toonseg.crawl.browser import find_browser

    try:
        browser = find_browser()
    except ToonsegError as error:
        return Finding("browser", "crawl", "", str(error), needed=True)
    found = f"{browser.version} at {browser.binary}, driver {browser.driver}"
    return Finding("browser", "crawl", found, "", needed=True)


def _accelerator() -> Finding:
    from toonseg.engines.base import accelerator

    return Finding("GPU", "fast training", accelerator(), "none: training runs on the CPU", needed=False)


def _detectron2() -> Finding:
    from toonseg.engines.base import DETECTRON2_INSTALL, try_detectron2

    found, fault = try_detectron2()
    hint = f"does not work: {fault}" if fault else "not installed, the torchvision engine serves"
    return Finding(
        "detectron2", "the detectron2 engine", found, f"{hint}; {DETECTRON2_INSTALL}", needed=False
    )


LOOKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _git,
    lambda: _package("dvc", "the pipeline"),
    _browser,
    lambda: _package("selenium", "crawl"),
    lambda: _package("opencv-python", "cutting"),
    lambda: _package("pycocotools", "labels and scores"),
    lambda: _package("torch", "train, evaluate, export"),
    lambda: _package("torchvision", "train, evaluate, export"),
    _accelerator,
    _detectron2,
)
