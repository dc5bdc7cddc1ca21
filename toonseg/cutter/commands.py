"""Arguments of `toonseg cut`; what they need is imported when the command runs."""

import argparse
from pathlib import Path

_EXPLAINED = """\
Each PAGES is an episode: a folder, a ZIP or a CBZ of pages (JPEG, PNG, WebP, GIF), taken in the natural
order of their names and placed one below the other on a strip. Several are cut side by side; one that
cannot be cut is told, and the others are done. What is found is written to DIR/NAME, NAME being the
episode's: a picture for each panel, named by its first row and column on the strip, and panels.csv.

--json writes {"width": W, "pages": [[y0, y1], ...], "bands": [[y0, y1], ...], "panels": [[x0, y0, x1, y1],
...], "texts": [[x0, y0, x1, y1], ...]} in pixels of the strip; of several episodes, such an object for each
by its name.
"""


def add_cut(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `toonseg cut` its arguments."""
    parser.description = "Crop the panels of episodes, and list the drawings that hold only text."
    parser.epilog = _EXPLAINED
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("pages", type=Path, nargs="+", metavar="PAGES", help="folder, ZIP or CBZ of pages")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for what is found")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the cut as JSON, too")
    parser.add_argument("--no-images", action="store_true", help="crop nothing: write only the JSON")
    parser.add_argument("--preview", action="store_true", help="draw a contact sheet, DIR/NAME/preview.jpg")
    parser.add_argument(
        "--format", choices=["png", "jpg", "webp"], help="of the panels (default: cut.format)"
    )
    parser.add_argument("--params", type=Path, metavar="FILE", help="thresholds (default: ./params.yaml)")
    parser.add_argument("--processes", type=int, metavar="N", help="episodes at a time (default: cores)")
    parser.set_defaults(run=lambda options: _run(options, parser))


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    images = not options.no_images
    if options.out is None and (images or options.preview):
        parser.error("--out DIR is needed, unless with --no-images and without --preview")
    if not (images or options.preview or options.json):
        parser.error("--no-images leaves nothing to do: add --json FILE or --preview")
    if options.processes is not None and options.processes < 1:
        parser.error("--processes must be at least 1")
    from dataclasses import replace

    from toonseg.workers import keep_one_thread

    keep_one_thread()  # before numpy is imported
    from toonseg.cutter.cutting import Wish, cut_all, load_thresholds

    rough, fine = load_thresholds(options.params)
    if options.format:
        fine = replace(fine, format=options.format)
    wish = Wish(options.out or Path(), images, options.preview, rough, fine)
    return cut_all(options.pages, wish, options.json, options.processes)
