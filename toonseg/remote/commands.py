"""The command `toonseg remote`: a team's private remote."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toonseg.remote.setup import Access


def add_remote(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command; nothing heavy is imported before it runs."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    init = commands.add_parser("init", help="set up the team's remote, once, and try it out")
    init.description = (
        "Write a small object to the remote, read it back, make sure that a stranger cannot, and delete it. "
        "If all that goes well, the address stands in .dvc/config, for Git, as DVC's default remote."
    )
    init.add_argument("url", metavar="URL", help="s3://BUCKET/PATH, ssh://USER@HOST/PATH or a shared folder")
    init.add_argument("--name", default="team", help="its name in DVC (default: team)")
    init.add_argument("--endpointurl", default="", help="address of an S3 server that is not Amazon's")
    init.add_argument("--region", default="", help="region of the bucket")
    _add_access(init)
    init.set_defaults(run=_init)

    login = commands.add_parser("login", help="keep your own keys for the remote, and try them out")
    login.description = (
        "Try the keys that you name, or those that are found without a name, and say what they allow. What "
        "you name is kept in .dvc/config.local, which Git ignores and only you can read."
    )
    login.add_argument("--name", help="of several remotes, which (default: DVC's default)")
    _add_access(login)
    login.set_defaults(run=_login)

    check = commands.add_parser("check", help="prove that the remote is private, works and is whole")
    check.description = (
        "A line for each thing that is looked at; the exit status is 1 when one fails. Nothing is sent to a "
        "remote that fails before its objects are looked at."
    )
    check.add_argument("--name", help="of several remotes, which (default: DVC's default)")
    check.add_argument("--deep", action="store_true", help="read every byte there, not sizes and digests")
    rights = check.add_mutually_exclusive_group()
    rights.add_argument("--mend", action="store_true", help="send again what is missing or corrupted there")
    rights.add_argument("--read-only", action="store_true", help="you may only read: do not try to write")
    check.set_defaults(run=_check)

    guard = commands.add_parser("guard", help="have `dvc push` stopped when the remote fails the check")
    guard.description = (
        "Put a launcher in place of this environment's `dvc` that looks at a remote before anything is "
        "pushed to it. `make setup` does so too."
    )
    guard.set_defaults(run=_guard)


def _add_access(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", default="", help="AWS profile of yours with the keys")
    parser.add_argument(
        "--save-keys",
        action="store_true",
        help="keep S3 keys in .dvc/config.local: those of AWS's variables, or typed in",
    )
    parser.add_argument("--keyfile", default="", help="private key for SSH (default: SSH's own choice)")
    parser.add_argument("--user", default="", help="your name at the machine, for SSH (default: the URL's)")


def _access(options: argparse.Namespace) -> "Access":
    from toonseg.remote.setup import Access

    return Access(options.profile, options.save_keys, options.keyfile, options.user)


def _init(options: argparse.Namespace) -> int:
    from toonseg.remote.settings import find_project
    from toonseg.remote.setup import init

    s3 = {"endpointurl": options.endpointurl, "region": options.region}
    print(init(find_project(), options.url, options.name, s3, _access(options)))
    return 0


def _login(options: argparse.Namespace) -> int:
    from toonseg.remote.settings import find_project
    from toonseg.remote.setup import login

    print(login(find_project(), options.name, _access(options)))
    return 0


def _check(options: argparse.Namespace) -> int:
    from toonseg.remote.check import examine
    from toonseg.remote.settings import find_project

    project = find_project()
    place = project.place(options.name)
    failed = []
    for finding in examine(project, place, options.mend, options.deep, writing=not options.read_only):
        print(finding, flush=True)
        if finding.state == "FAIL":
            failed.append(finding.name)
    if failed:
        print(f"error: the remote '{place.name}' fails: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _guard(_: argparse.Namespace) -> int:
    from toonseg.remote.guard import lay_launcher

    print(f"pushes are guarded by {lay_launcher(Path(sys.executable).parent)}")
    return 0
