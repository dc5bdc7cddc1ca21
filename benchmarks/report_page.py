"""A report in a real Chromium, from disk, with the network off: its looks, and what axe-core says.

python -m benchmarks.report_page look REPORT OUT    pictures of its sections, 1280 and 390 px, light and dark
python -m benchmarks.report_page axe REPORT         serious faults of the same views, zoomed or not
"""

import base64
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from selenium import webdriver

from toonseg.crawl.browser import find_browser

AXE = "axe-core@4.14.1"  # on npm
WIDTHS_PX = (1280, 390)
SECTIONS = ("numbers", "panels", "scores", "errors", "leaks", "changes")


def main(what: str, report: str, *more: str) -> None:
    """Print what one of the commands says of a report's folder."""
    {"look": look, "axe": axe}[what](Path(report).resolve(), *more)


@contextmanager
def offline_browser(folder: Path) -> Iterator[webdriver.Chrome]:
    """A headless browser that reaches no host and logs its console and requests; ``folder`` is its own."""
    found = find_browser()
    options = webdriver.ChromeOptions()
    options.binary_location = found.binary
    for argument in (
        "--headless=new",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--remote-debugging-pipe",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(argument)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # as root Chromium refuses to start otherwise
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(found.driver))
    try:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        yield driver
    finally:
        driver.quit()


def open_report(driver: webdriver.Chrome, report: Path, width: int, dark: bool) -> None:
    """Open a report on a screen of so many pixels, on a system that is dark or light, and stands still."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    motion = {"name": "prefers-reduced-motion", "value": "reduce"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, motion]})
    driver.get((report / "index.html").as_uri())


def zoom(driver: webdriver.Chrome) -> None:
    """Enlarge the first panel."""
    driver.execute_script("document.querySelector('.pair').click()")


def fetch_axe(folder: Path) -> str:
    """The script of axe-core, kept in a folder. Raises OSError or CalledProcessError where npm gives none."""
    archive = folder / f"{AXE.replace('@', '-')}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", AXE], cwd=folder, capture_output=True, check=True)
    with tarfile.open(archive) as packed:
        return packed.extractfile("package/axe.min.js").read().decode()


def serious_faults(driver: webdriver.Chrome, script: str) -> list[tuple[str, list[str]]]:
    """What axe-core calls serious or critical on the page as it stands: rules, and beginnings of elements."""
    driver.set_script_timeout(120)
    driver.execute_script(script)
    found = driver.execute_async_script(
        "axe.run({preload: false}).then(done => arguments[0](done.violations))"
    )
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def axe(report: Path) -> None:
    """Print the serious faults of each view of a report."""
    with tempfile.TemporaryDirectory() as folder, offline_browser(Path(folder) / "profile") as driver:
        script = fetch_axe(Path(folder))
        for width, dark, zoomed in product(WIDTHS_PX, (False, True), (False, True)):
            open_report(driver, report, width, dark)
            if zoomed:
                zoom(driver)
            faults = serious_faults(driver, script)
            view = f"{width} px, {'dark' if dark else 'light'}{', zoomed' if zoomed else ''}"
            print(f"{view}: {len(faults)} serious faults", *faults, sep="\n  ")


def look(report: Path, out: str) -> None:
    """Write a picture of each section, and of the zoom, as a person sees them."""
    Path(out).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, offline_browser(Path(folder) / "profile") as driver:
        for width, dark in product(WIDTHS_PX, (False, True)):
            open_report(driver, report, width, dark)
            for section in (*SECTIONS, "zoom"):
                if section == "zoom":
                    zoom(driver)
                else:
                    driver.execute_script("document.getElementById(arguments[0]).scrollIntoView()", section)
                wait_for_pictures(driver)
                shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
                name = f"{width}-{'dark' if dark else 'light'}-{section}.png"
                (Path(out) / name).write_bytes(base64.b64decode(shot))


def wait_for_pictures(driver: webdriver.Chrome) -> None:
    """Wait until what is in view is loaded and drawn."""
    driver.set_script_timeout(60)
    driver.execute_async_script(
        "const done = arguments[0], seen = one => { const {top, bottom} = one.getBoundingClientRect();"
        " return bottom > 0 && top < innerHeight && top < bottom; };"
        "const step = () => [...document.images].filter(seen).every(one => one.complete)"
        " && TOONSEG.waiting.size === 0 ? requestAnimationFrame(() => setTimeout(done, 100))"
        " : setTimeout(step, 50);"
        "requestAnimationFrame(() => setTimeout(step, 100))"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
