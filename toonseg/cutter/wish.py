"""What a user wishes of a cut, and the thresholds that it is made with."""

from dataclasses import dataclass
from pathlib import Path

from toonseg.cuts.params import CutParams, RoughCutParams
from toonseg.params import check_params, find_section, read_yaml

TABLE = "panels.csv"  # in the folder of each episode


@dataclass(frozen=True)
class Wish:
    """What is to be written below ``out``, and the thresholds; without either, nothing is."""

    out: Path
    images: bool
    preview: bool
    rough: RoughCutParams
    fine: CutParams


def load_thresholds(path: Path | None) -> tuple[RoughCutParams, CutParams]:
    """Read the thresholds from ``path``, or from the params.yaml here, or from toonseg's own."""
    here, own = Path("params.yaml"), Path(__file__).parents[2] / "params.yaml"
    path = path or (own if not here.exists() and own.exists() else here)
    document = read_yaml(path)
    rough, fine = (find_section(document, name, path) for name in ("cut_rough", "cut"))
    return (
        check_params(rough, RoughCutParams, f"{path}, section 'cut_rough'"),
        check_params(fine, CutParams, f"{path}, section 'cut'"),
    )
