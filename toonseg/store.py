"""Reading and writing of the project's files.

Everything is written beside its place under a hidden name and renamed when it is whole, so a run
that is killed leaves the old file or the new one, never half of one.
"""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar, get_type_hints

from toonseg.errors import ToonsegError

T = TypeVar("T")


@dataclass(frozen=True)
class CarriedFile:
    """A file of another machine: its path there, by which messages name it, and its bytes."""

    path: Path
    data: bytes

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.name

    @property
    def stem(self) -> str:
        """Its name without the suffix."""
        return self.path.stem

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """Open it to read."""
        return io.BytesIO(self.data)

    def read_bytes(self) -> bytes:
        """What it holds."""
        return self.data

    def __str__(self) -> str:
        return str(self.path)


Source = Path | CarriedFile  # a file that is only read
Write = Callable[[Path, bytes], None]  # what writes a file: ``write_bytes``, or who carries it there


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, and put what was written in place of ``path`` at the end.

    If the block raises, ``path`` stays as it was and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.partial")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill, and put it in place of the folder ``path`` at the end.

    If the block raises, ``path`` stays as it was and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        yield aside
        if path.exists():
            shutil.rmtree(path)
        aside.replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` whole."""
    with whole_file(path) as aside:
        aside.write_bytes(data)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal. Raises ToonsegError when it does not exist."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ToonsegError(f"{path} does not exist: run `dvc repro` to make it") from None


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys and one item a line, as Git can compare it."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    write_bytes(path, (text + "\n").encode())


def read_json(path: Path) -> Any:
    """Parse a JSON file. Raises ToonsegError that names the file and the place of the fault."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))  # as some editors on Windows write it
    except FileNotFoundError:
        raise ToonsegError(f"{path} does not exist: run `dvc repro` to make it") from None
    except UnicodeDecodeError:
        raise ToonsegError(f"{path} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ToonsegError(
            f"{path}, line {error.lineno}, column {error.colno}: not valid JSON ({error.msg})"
        ) from None
    except (ValueError, RecursionError) as error:
        raise ToonsegError(f"{path}: not usable JSON ({error})") from None


def write_table(path: Path, rows: Iterable[T], kind: type[T]) -> None:
    """Write records as CSV with the field names of ``kind`` as its header, in the order given."""
    with whole_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in rows)


def read_table(path: Path, kind: type[T]) -> list[T]:
    """Read what ``write_table`` wrote. Raises ToonsegError when the header or a value does not fit."""
    wanted = get_type_hints(kind)
    read = {name: hint if hint in (int, float) else str for name, hint in wanted.items()}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if table.fieldnames != list(wanted):
                raise ToonsegError(f"{path}: its columns are {table.fieldnames}, not {list(wanted)}")
            return [kind(**{name: read[name](row[name]) for name in wanted}) for row in table]
    except FileNotFoundError:
        raise ToonsegError(f"{path} does not exist: run `dvc repro` to make it") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise ToonsegError(f"{path}, line {table.line_num}: {error}") from None
