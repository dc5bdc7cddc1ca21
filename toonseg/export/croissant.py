"""Tables of a folder described for machines: MLCommons Croissant 1.0 (Akhtar et al., 2024)."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from toonseg.store import file_sha256

_SPECIFICATION = "http://mlcommons.org/croissant/1.0"
_TERMS = (
    "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes "
    "isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace "
    "samplingRate separator source subField transform"
)
# The context that the specification prescribes.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{term: f"cr:{term}" for term in _TERMS.split()},
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
_TYPES = {int: "sc:Integer", float: "sc:Float", str: "sc:Text"}
_DESCRIPTION = (
    "Masks of hair and clothes in panels of webtoons, without the pictures: run-length encoded masks, the "
    "place of each panel on its episode's strip, and digests by which the pages are known again. "
    "`toonseg rejoin` puts masks and pages together."
)


def croissant(folder: Path, tables: Mapping[str, type[Any]], licence: str) -> dict[str, Any]:
    """The description of CSV files in ``folder``, given with the dataclass of their rows.

    A record set is named after its file; a field after its column.
    """
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _SPECIFICATION,
        "name": "toonseg-masks",
        "description": _DESCRIPTION,
        "license": licence,
        "url": "https://schema.org/Dataset",
        "version": "1.0.0",
        "distribution": [_file(folder, name) for name in tables],
        "recordSet": [_records(name, kind) for name, kind in tables.items()],
    }


def _file(folder: Path, name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": "text/csv",
        "sha256": file_sha256(folder / name),
    }


def _records(name: str, kind: type[Any]) -> dict[str, Any]:
    stem, hints = Path(name).stem, get_type_hints(kind)
    return {
        "@type": "cr:RecordSet",
        "@id": stem,
        "name": stem,
        "description": " ".join((kind.__doc__ or "").split()),
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{stem}/{field.name}",
                "name": field.name,
                "dataType": _TYPES[hints[field.name]],
                "source": {"fileObject": {"@id": name}, "extract": {"column": field.name}},
            }
            for field in fields(kind)
        ],
    }
