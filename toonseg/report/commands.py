"""The command `toonseg report`: build the report, compare with another commit, show it in a browser."""

import argparse
from pathlib import Path
from typing import Any

REPORT, AGAINST = Path("report"), Path("report-against")


def add_report(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to those of ``toonseg``; nothing heavy is imported before it runs."""
    report = commands.add_parser("report", help="every panel, label, prediction and number, in your browser")
    report.add_argument(
        "--against", metavar="REV", help="also tell what changed against a commit, branch or tag"
    )
    report.add_argument(
        "--out", type=Path, help=f"folder to write (default: {REPORT}, with --against {AGAINST})"
    )
    report.set_defaults(run=_build)
    serve = report.add_subparsers(title="commands", metavar="[COMMAND]").add_parser(
        "serve", help="open a report in the browser; it opens from disk too: FOLDER/index.html"
    )
    serve.add_argument("folder", type=Path, nargs="?", default=REPORT, help=f"default: {REPORT}")
    serve.add_argument("--port", type=int, default=0, help="port (default: a free one)")
    serve.add_argument("--no-browser", action="store_true", help="only say the address")
    serve.set_defaults(run=_serve)


def _build(options: argparse.Namespace) -> int:
    from toonseg.params import load_params
    from toonseg.report.against import changes_against
    from toonseg.report.build import ReportParams, build_report

    params = load_params("report", ReportParams)
    changes = changes_against(Path(), options.against, params.score) if options.against else None
    out = options.out or (AGAINST if options.against else REPORT)
    print(build_report(Path(), out, params, changes))
    return 0


def _serve(options: argparse.Namespace) -> int:
    from toonseg.report.serve import serve

    return serve(options.folder, options.port, open_browser=not options.no_browser)
