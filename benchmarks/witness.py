"""datumaro as a witness: ``python benchmarks/witness.py DIR``, in an environment of its own.

``DIR`` is what ``python -m benchmarks.labels witness FILE... --out DIR`` wrote. Prints how many pictures,
instances and polygons datumaro finds in our COCO and CVAT files. datumaro is large and wants other
versions of packages than this project, so it is no part of the project's environment:
``uv venv witness && uv pip install -p witness/bin/python datumaro opencv-python-headless``.
"""

import argparse
from collections import Counter
from pathlib import Path

from datumaro.components.annotation import AnnotationType
from datumaro.components.dataset import Dataset


def main() -> None:
    """Read both files and print a line about each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, path in (("coco_instances", folder / "coco"), ("cvat", folder / "cvat/annotations.xml")):
        dataset = Dataset.import_from(str(path), name)
        kinds = Counter(drawn.type.name for item in dataset for drawn in item.annotations)
        instances = {
            (item.id, drawn.label, drawn.group or f"alone {number}")
            for item in dataset
            for number, drawn in enumerate(item.annotations)
        }
        classes = ", ".join(label.name for label in dataset.categories()[AnnotationType.label])
        told = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(kinds.items()))
        print(f"{name}: {len(dataset)} pictures, {len(instances)} instances, {told}; {classes}")


if __name__ == "__main__":
    main()
