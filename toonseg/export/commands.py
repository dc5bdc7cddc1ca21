"""The command `toonseg rejoin`: shared masks and somebody's own pages made one dataset."""

import argparse
from pathlib import Path
from typing import Any


def add_rejoin(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to those of ``toonseg``; nothing heavy is imported before it runs."""
    rejoin = commands.add_parser("rejoin", help="put shared masks (masks_only) and your own pages together")
    rejoin.description = (
        "Find the panels that somebody shared as masks, without their pictures, on your own pages of the "
        "same episodes, and write both as a dataset."
    )
    rejoin.add_argument("masks", type=Path, metavar="MASKS_DIR", help="folder of a masks_only export")
    rejoin.add_argument(
        "pages",
        type=Path,
        metavar="PAGES_DIR",
        help="folder of the pages: pictures or CBZ, named as you like",
    )
    rejoin.add_argument("--out", type=Path, required=True, help="new folder for panels and masks")
    rejoin.set_defaults(run=_rejoin)


def _rejoin(options: argparse.Namespace) -> int:
    from toonseg.export.rejoin import rejoin

    print(rejoin(options.masks, options.pages, options.out))
    return 0
