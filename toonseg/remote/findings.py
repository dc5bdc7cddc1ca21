"""What an examination of a remote found, a line each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from toonseg.errors import ToonsegError

State = Literal["ok", "mended", "note", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what was found or is to be done."""

    name: str
    state: State
    said: str

    def __str__(self) -> str:
        return f"{self.state:7}{self.name:10}{self.said}"


def found(name: str, look: Callable[[], "str | Finding"]) -> Finding:
    """Run one look: what it says is well, unless it gives a finding; a ToonsegError is a fault."""
    try:
        said = look()
    except ToonsegError as error:
        return Finding(name, "FAIL", str(error))
    return said if isinstance(said, Finding) else Finding(name, "ok", said)
