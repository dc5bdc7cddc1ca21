"""The commands that a page of the documentation shows."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))
_SECTION = re.compile(r"^##+ (.+?)\n(.*?)(?=^##+ |\Z)", re.M | re.S)
_BLOCK = re.compile(r"^ *```(?:console|sh)\n(.*?)```", re.M | re.S)


def command_lines(page: str, section: str = "") -> list[str]:
    """The lines of a page's blocks of commands, without comments; of one heading's section if it is named.

    What a block shows of a command's output, below a line that begins with ``$``, is no command.
    """
    text = (ROOT / page).read_text(encoding="utf-8")
    if section:
        (text,) = [body for heading, body in _SECTION.findall(text) if heading == section]
    lines = []
    for block in _BLOCK.findall(text):
        shown = [line.strip() for line in block.splitlines() if line.strip()]
        if any(line.startswith("$ ") for line in shown):
            shown = [line.removeprefix("$ ") for line in shown if line.startswith("$ ")]
        lines += [re.sub(r"\s+#\s.*", "", line) for line in shown]
    return lines


def words(line: str) -> list[list[str]]:
    """The words of each command of a line, without what it puts into the environment."""
    commands = [shlex.split(part) for part in re.split(r"&&|\|\||;", line)]
    return [
        [word for at, word in enumerate(its) if at or not re.fullmatch(r"[A-Z_]+=.*", word)]
        for its in commands
    ]
