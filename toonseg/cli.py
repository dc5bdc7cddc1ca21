"""The command `toonseg`: what the pipeline's stages do, and what stands around them, without DVC.

Each command imports what it needs when it runs, so that `toonseg --help` answers at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from toonseg import __version__
from toonseg.console import guarded
from toonseg.crawl.commands import add_cache, add_crawl
from toonseg.cutter.commands import add_cut
from toonseg.engines.commands import add_commands as add_engine_commands
from toonseg.export.commands import add_rejoin
from toonseg.labelling.commands import add_labels
from toonseg.remote.commands import add_remote
from toonseg.report.commands import add_report
from toonseg.times import add_times
from toonseg.verify import add_verify

PIPE_CLOSED = 141  # as a shell tells of a program that SIGPIPE ended
PIPELINE = """\
the pipeline (params.yaml holds every threshold; only stale stages run):
  dvc repro                                      crawl, link, cut, split, train, evaluate, export
  dvc exp run --set-param split.train=0.9        try another value
  dvc metrics diff                               what it changed
  dvc plots show                                 curves and pictures
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status: 0 when it did what was asked."""
    options = make_parser().parse_args(arguments)
    try:
        status = guarded(lambda: int(options.run(options)))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be flushed
        return PIPE_CLOSED
    return status


def make_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="toonseg",
        description="Clothes and hair of webtoon panels as masks, from a browser to a trained model.",
        epilog=PIPELINE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"toonseg {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    doctor = commands.add_parser("doctor", help="say what is installed, and what is missing for what")
    doctor.description = "A line for each program and package: its version, or what it is missing for."
    doctor.set_defaults(run=_doctor)

    browser = commands.add_parser("browser", help="find the browser that crawl drives, or install one")
    browser.description = (
        "Say where the Chromium or Chrome and its driver are that the crawl drives. With --install, get one "
        "where there is none."
    )
    browser.add_argument("--install", action="store_true", help="install one where there is none")
    browser.set_defaults(run=_browser)

    add_crawl(commands.add_parser("crawl", help="try a site's file out, or fetch a series"))
    add_cache(commands.add_parser("cache", help="show or prune the pages kept outside DVC"))
    add_cut(commands.add_parser("cut", help="crop the panels of pages of your own, without the pipeline"))
    add_labels(commands.add_parser("labels", help="bring labels in and out, check and place them"))
    add_engine_commands(commands)
    add_report(commands)
    add_rejoin(commands)
    add_times(commands.add_parser("times", help="say what each stage took, in time and memory"))
    add_verify(commands.add_parser("verify", help="run all again in a clean clone and compare every hash"))
    add_remote(commands.add_parser("remote", help="a team's private remote: set it up, prove it, guard it"))
    _add_demo(
        commands.add_parser("demo", help="the built-in demo: webtoons of our own, drawn with their truth")
    )
    return parser


def _add_demo(demo: argparse.ArgumentParser) -> None:
    commands = demo.add_subparsers(title="commands", metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", help="serve the demo's web site, to look at in your own browser")
    serve.add_argument("--port", type=int, default=0, help="port of the pages (default: a free one)")
    serve.add_argument("--markup", default="demo", help="of demo, naver, naver2021 or webtoons")
    serve.add_argument("--lazy", default="no", help="images come at once (no), by script, scroll or answer")
    serve.add_argument("--closed", default="", help="episodes that are not open, as 3=paid,4=login")
    serve.add_argument("--script-links", action="store_true", help="a script builds the navigation")
    serve.add_argument("--trouble", action="store_true", help="every second image meets a passing fault")
    serve.set_defaults(run=_demo_serve)

    draw = commands.add_parser("draw", help="write one episode's pages as JPEG files")
    draw.add_argument("series", help="after-class, moonlit-bus or tidal-town")
    draw.add_argument("episode", type=int, help="number of the episode")
    draw.add_argument("--out", type=Path, required=True, help="folder for the pages")
    draw.set_defaults(run=_demo_draw)

    labels = commands.add_parser("labels", help="write the label files of the demo's series")
    labels.add_argument("--series", help="one series (default: each labelled one)")
    labels.add_argument("--episodes", help="as ranges, 1-7, 102 (default: those of params.yaml)")
    labels.add_argument("--out", type=Path, default=Path("data/labels"), help="folder (default: data/labels)")
    labels.set_defaults(run=_demo_labels)

    steps = commands.add_parser(
        "steps", help="draw the steps from page to panel, from the pipeline's outputs"
    )
    steps.add_argument("--out", type=Path, default=Path("docs/images/steps.png"), help="PNG file")
    steps.set_defaults(run=_demo_steps)


def _doctor(_: argparse.Namespace) -> int:
    from toonseg.doctor import examine

    return examine()


def _browser(options: argparse.Namespace) -> int:
    from toonseg.install import see_to_browser

    print(see_to_browser(install=options.install))
    return 0


def _demo_serve(options: argparse.Namespace) -> int:
    from toonseg.demo.site import serve_until_interrupted
    from toonseg.demo.viewers import read_setup

    setup = read_setup(options.markup, options.lazy, options.closed, options.script_links, options.trouble)
    return serve_until_interrupted(options.port, setup)


def _demo_draw(options: argparse.Namespace) -> int:
    from toonseg.demo.commands import write_pages

    print(write_pages(options.series, options.episode, options.out))
    return 0


def _demo_labels(options: argparse.Namespace) -> int:
    from toonseg.demo.commands import write_labels

    print(write_labels(options.out, options.series, options.episodes))
    return 0


def _demo_steps(options: argparse.Namespace) -> int:
    from toonseg.demo.commands import write_steps_picture

    print(write_steps_picture(options.out))
    return 0
