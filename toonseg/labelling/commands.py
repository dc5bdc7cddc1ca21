"""The arguments of `toonseg labels`; each command imports what it needs when it runs."""

import argparse
from pathlib import Path

FORMAT_NAMES = ("coco", "coco-rle", "cvat", "labelme", "labelstudio", "png", "yolo")


def add_labels(parser: argparse.ArgumentParser) -> None:
    """Add the commands below `toonseg labels`."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_import(commands.add_parser("import", help="join label files to those of a series"))
    _add_export(commands.add_parser("export", help="write a series' labels for a labelling tool"))

    check = commands.add_parser("check", help="count labels, and list those that a person should look at")
    _series(check)
    check.set_defaults(run=_check)

    show = commands.add_parser("show", help="draw a sheet of labelled panels")
    _series(show, required=True)
    show.add_argument("--episodes", help="only these, as ranges: 1-7, 102")
    show.add_argument("--most", type=int, default=24, help="pictures on the sheet (default: 24)")
    show.add_argument("--as-drawn", action="store_true", help="the regions that people drew, with ids")
    show.add_argument("--out", type=Path, required=True, help="PNG file")
    show.set_defaults(run=_show)

    locate = commands.add_parser("locate", help="find regions without an exact place by their pictures")
    _series(locate, required=True)
    locate.add_argument(
        "--pictures", type=Path, required=True, metavar="DIR", help="the pictures that were labelled"
    )
    locate.set_defaults(run=_locate)

    anchor = commands.add_parser("anchor", help="hold regions to the pages under them, and follow these")
    _series(anchor)
    anchor.set_defaults(run=_anchor)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files, or folders of a dataset")
    _series(parser, required=True)
    parser.add_argument("--format", choices=FORMAT_NAMES, help="their format (default: by their content)")
    parser.add_argument(
        "--list", dest="lists", action="append", type=Path, default=[], metavar="LIST",
        help="a list that tells the episodes of a file's images, one for each file, in the same order",
    )  # fmt: skip
    parser.add_argument("--episode", default="", help="the episode of pictures whose names tell none")
    parser.add_argument(
        "--alias",
        action="append",
        type=_alias,
        default=[],
        metavar="THEIRS=OURS",
        help="a class's other name",
    )
    parser.add_argument(
        "--exact-rows", action="store_true", help="rows in file names are exact, as rough cuts have them"
    )
    parser.add_argument(
        "--replace", action="store_true", help="put new regions in the place of others of the same rows"
    )
    parser.add_argument(
        "--keep-crowds",
        action="store_true",
        help="learn from what COCO marks as a crowd too (iscrowd 1), as CVAT does all that was painted",
    )
    parser.set_defaults(run=_import)


def _add_export(parser: argparse.ArgumentParser) -> None:
    _series(parser, required=True)
    parser.add_argument("--format", choices=FORMAT_NAMES, required=True, help="the format to write")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--episodes", help="only these, as ranges: 1-7, 102")
    parser.add_argument("--no-pictures", action="store_true", help="write no pictures")
    parser.add_argument(
        "--prelabel", type=Path, metavar="MODEL_DIR", help="add what a model finds in unlabelled panels"
    )
    parser.add_argument("--min-score", type=float, default=0.5, help="of predictions (default: 0.5)")
    parser.set_defaults(run=_export)


def _series(parser: argparse.ArgumentParser, required: bool = False) -> None:
    asked = "the series" if required else "one series (default: each that has labels)"
    parser.add_argument("--series", required=required, help=asked)


def _alias(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.partition("=")
    if not (theirs and equals and ours):
        raise argparse.ArgumentTypeError(f"write it as THEIRS=OURS, got {text!r}")
    return theirs, ours


def _import(options: argparse.Namespace) -> int:
    from toonseg.labelling.importing import import_labels
    from toonseg.labelling.project import Project

    told = import_labels(
        Project(),
        options.files,
        options.series,
        format_name=options.format,
        lists=options.lists,
        episode=options.episode,
        aliases=dict(options.alias),
        exact_rows=options.exact_rows,
        replace_others=options.replace,
        keep_crowds=options.keep_crowds,
    )
    print(told)
    return 0


def _export(options: argparse.Namespace) -> int:
    from toonseg.labelling.exporting import Prelabelling, export_labels
    from toonseg.labelling.project import Project

    model = options.prelabel
    told = export_labels(
        Project(),
        options.series,
        options.format,
        options.out,
        episodes=_episodes(options.episodes),
        pictures=not options.no_pictures,
        prelabelling=Prelabelling(model, options.min_score) if model else None,
    )
    print(told)
    return 0


def _check(options: argparse.Namespace) -> int:
    from toonseg.labelling.checking import check_labels
    from toonseg.labelling.project import Project

    project = Project()
    for series in [options.series] if options.series else project.series_names():
        print("\n".join(check_labels(project, series)))
    return 0


def _show(options: argparse.Namespace) -> int:
    from toonseg.labelling.project import Project
    from toonseg.labelling.showing import show_labels

    episodes = _episodes(options.episodes)
    most = max(1, options.most)
    print(show_labels(Project(), options.series, options.out, episodes, most, options.as_drawn))
    return 0


def _locate(options: argparse.Namespace) -> int:
    from toonseg.labelling.anchoring import locate_labels
    from toonseg.labelling.project import Project

    told, notes = locate_labels(Project(), options.series, options.pictures)
    print("\n".join([*notes, told]))
    return 0


def _anchor(options: argparse.Namespace) -> int:
    from toonseg.labelling.anchoring import anchor_labels
    from toonseg.labelling.project import Project

    project = Project()
    for series in [options.series] if options.series else project.series_names():
        print(anchor_labels(project, series))
    return 0


def _episodes(text: str | None) -> list[str]:
    from toonseg.series import parse_episodes

    return [str(number) for number in parse_episodes(text)] if text else []
