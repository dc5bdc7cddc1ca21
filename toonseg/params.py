"""Sections of params.yaml as checked dataclasses.

The dataclasses stand beside the functions whose values they hold, annotated with their bounds
(``Annotated[int, Ge(1)]`` of annotated_types); here a section of the file is read into one of them.
Every key must be there, known, of its type and in its bounds; only a field with a default may be left out.
"""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from toonseg.errors import ParamsError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

PARAMS_FILE = Path("params.yaml")

T = TypeVar("T")


def load_params(section: str, kind: type[T], path: Path = PARAMS_FILE) -> T:
    """Read the section ``section`` (dots lead deeper: ``series.NAME``) into the dataclass ``kind``.

    Raises ParamsError that names the file, the section, the key and its bound when the file cannot
    be read, the section is absent, or a key is missing, unknown, of another type or out of range.
    """
    return check_params(find_section(read_yaml(path), section, path), kind, f"{path}, section '{section}'")


def check_params(values: Any, kind: type[T], where: str) -> T:
    """Check a mapping against the dataclass ``kind``; ``where`` begins each error's sentence."""
    if not isinstance(values, dict):
        raise ParamsError(f"{where}: must be a mapping of keys to values, got {values!r}")
    if _fit_as_they_are(values, kind):
        return kind(**values)
    # Imported only here: it takes longer than cutting an episode's pages, and most sections are right.
    from pydantic import ValidationError

    validator = _model(kind)
    keys = list(validator.model_fields)
    try:
        model = validator.model_validate(values)
    except ValidationError as error:
        raise ParamsError(f"{where}: {_sentence(error, keys)}") from None
    return kind(**{name: getattr(model, name) for name in keys})


def read_yaml(path: Path) -> Any:
    """Parse a YAML 1.2 file, as DVC does (``1e-3`` is a number).

    Raises ParamsError with the line when it is missing or malformed.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return YAML(typ="safe").load(text)
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist: run this from the project's folder") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path} is not UTF-8 text: save it as UTF-8") from None
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ParamsError(f"{path}{line}: not valid YAML: {error.problem}") from None
    except ReaderError as error:
        number = text.encode()[: error.position].count(b"\n") + 1
        raise ParamsError(f"{path}, line {number}: not valid YAML: {error.reason}") from None


def find_section(document: Any, section: str, path: Path = PARAMS_FILE) -> Any:
    """The value at the dotted path ``section``. Raises ParamsError that names what there is."""
    value = document
    for depth, key in enumerate(section.split(".")):
        if not isinstance(value, dict) or key not in value:
            parent = ".".join(section.split(".")[:depth])
            inside = f" of '{parent}'" if parent else ""
            known = [str(name) for name in value] if isinstance(value, dict) else []
            raise ParamsError(f"{path}: no section '{key}'{inside}{_hint(key, known)}")
        value = value[key]
    return value


def _fit_as_they_are(values: dict[str, Any], kind: type[Any]) -> bool:
    """Whether the values are, beyond doubt and unconverted, those of ``kind``; else a validator decides."""
    hints = get_type_hints(kind, include_extras=True)
    return values.keys() == hints.keys() and all(_fits(values[key], hint) for key, hint in hints.items())


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a simple type, in its bounds, or one of the texts that a Literal lists."""
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in get_args(hint)
    simple, *bounds = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    return simple in (int, float, bool, str) and type(value) is simple and all(_in(value, b) for b in bounds)


def _in(value: Any, bound: Any) -> bool:
    match bound:
        case Ge(ge=least):
            return bool(value >= least)
        case Gt(gt=least):
            return bool(value > least)
        case Le(le=most):
            return bool(value <= most)
        case Lt(lt=most):
            return bool(value < most)
        case _:
            return False


def _model(kind: type[Any]) -> "type[BaseModel]":
    """A validator of the dataclass ``kind``: no unknown keys, and no text where a number belongs."""
    from pydantic import ConfigDict, create_model

    hints = get_type_hints(kind, include_extras=True)
    keys: dict[str, Any] = {
        field.name: (hints[field.name], ... if field.default is MISSING else field.default)
        for field in fields(kind)
    }
    return create_model(kind.__name__, __config__=ConfigDict(extra="forbid", strict=True), **keys)


def _sentence(error: "ValidationError", known: list[str]) -> str:
    """The first fault, in the words of whoever edits the file; a misspelt key before a missing one."""
    fault = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in fault["loc"])
    match fault["type"]:
        case "missing":
            return f"{key} is missing"
        case "extra_forbidden":
            return f"unknown key {key}{_hint(key, known)}"
        case "greater_than_equal":
            return f"{key} must be at least {fault['ctx']['ge']}, got {fault['input']!r}"
        case "less_than_equal":
            return f"{key} must be at most {fault['ctx']['le']}, got {fault['input']!r}"
        case "greater_than":
            return f"{key} must be greater than {fault['ctx']['gt']}, got {fault['input']!r}"
        case "less_than":
            return f"{key} must be less than {fault['ctx']['lt']}, got {fault['input']!r}"
        case _:
            message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
            return f"{key} {message[0].lower()}{message[1:]}, got {fault['input']!r}" if key else message


def _hint(word: str, known: list[str]) -> str:
    """What the user may have meant: the closest known name, or all of them."""
    import difflib  # here, since a right file needs none of it

    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f": did you mean '{close[0]}'?"
    return f" (there is: {', '.join(known)})" if known else ""
