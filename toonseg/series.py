"""The series that params.yaml declares, and the episodes that each one is made of."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from toonseg.errors import ParamsError
from toonseg.params import PARAMS_FILE, check_params, find_section, read_yaml

MOST_EPISODES = 100_000  # of one series; a range beyond it is a slip of the finger
_RANGE = re.compile(r"([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?")
SERIES_NAME = re.compile(r"[^\W\d_][\w-]*")


def parse_episodes(text: str) -> tuple[int, ...]:
    """Read ranges of episodes; the numbers come sorted, each once.

    Raises ParamsError when there is no number, a part is neither a number nor a range, a range runs
    backwards or holds more than ``MOST_EPISODES``.

    >>> parse_episodes("1-4, 102, 3-5")
    (1, 2, 3, 4, 5, 102)
    """
    try:
        return _parse(text)
    except ValueError as error:
        raise ParamsError(f"episodes {error}, got {text!r}") from None


def load_series(path: Path = PARAMS_FILE) -> "dict[str, SeriesParams]":
    """Read every series of params.yaml, in the order of the file.

    Raises ParamsError that names the series and the key when one of them is malformed, when a name
    cannot name a folder and a stage, or when there is no series at all.
    """
    section = find_section(read_yaml(path), "series", path)
    if not isinstance(section, dict) or not section:
        raise ParamsError(f"{path}, section 'series': declare at least one, with site, title and episodes")
    for name in section:
        if not (isinstance(name, str) and SERIES_NAME.fullmatch(name)):
            raise ParamsError(
                f"{path}, section 'series': the name {name!r} cannot name a folder and a stage: "
                "begin with a letter and go on with letters, digits, - and _"
            )
    return {
        name: check_params(values, SeriesParams, f"{path}, section 'series.{name}'")
        for name, values in section.items()
    }


def _parse(text: str) -> tuple[int, ...]:
    """``parse_episodes``, with the fault alone as a ValueError."""
    numbers: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _RANGE.fullmatch(part)
        if not found:
            raise ValueError(f"holds {part!r}, which is neither a number nor a range such as 1-7")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise ValueError(f"holds the range {part!r}, which runs backwards: write {last}-{first}")
        if last - first >= MOST_EPISODES:
            raise ValueError(f"holds the range {part!r} of more than {MOST_EPISODES} episodes")
        numbers.update(range(first, last + 1))
    if not numbers:
        raise ValueError("must name at least one episode, such as 1-7, 102")
    return tuple(sorted(numbers))


def _text(value: object) -> object:
    """YAML reads 102 as a number, and nothing as null: both are meant as text here."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _episodes(value: object) -> object:
    text = _text(value)
    if not isinstance(text, str):
        raise ValueError("must be text such as 1-7, 102")
    _parse(text)
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


# Of a series whose pictures may go out: the user's own, or under an open licence (SPDX names).
Licence = Literal["", "own", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-3.0", "CC-BY-SA-3.0", "PDM-1.0"]

_Text = Annotated[str, BeforeValidator(_text), AfterValidator(_filled)]


@dataclass(frozen=True)
class SeriesParams:
    """What to fetch: a site by its file, or ``folder``; the series' id there; the episodes as ranges.

    ``title`` may be the address of the episode to start at, from which links are followed, or the folder
    that holds the episodes. ``direction`` is the order of the episodes, ``contact`` goes before the one
    of the section crawl. Without a ``licence`` all rights are another's, and export keeps the pixels back.
    A number in params.yaml is taken as its text: ``title: 748105``, ``episodes: 102``.
    """

    site: _Text
    title: _Text
    episodes: Annotated[str, BeforeValidator(_episodes)]
    direction: Literal["forward", "backward"] = "forward"
    contact: str = ""
    licence: Licence = ""
