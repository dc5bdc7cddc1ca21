"""Each key of params.yaml is checked, and a fault is one sentence that says where and what to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt
from ruamel.yaml import YAML

from toonseg.errors import ParamsError
from toonseg.params import load_params

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class GlueParams:
    pots: Annotated[int, Ge(1), Le(9)]
    share: Annotated[float, Gt(0), Lt(1)]
    kind: Literal["wood", "paper"]


GOOD = {"pots": "3", "share": "0.5", "kind": "wood"}


def load(tmp_path, section="glue", **values):
    lines = [f"  {key}: {value}" for key, value in (GOOD | values).items() if value is not None]
    path = tmp_path / "params.yaml"
    path.write_text("\n".join([f"{section}:", *lines]))
    return load_params("glue", GlueParams, path)


def test_a_section_comes_as_its_dataclass(tmp_path):
    assert load(tmp_path) == GlueParams(3, 0.5, "wood")


def test_exponents_are_numbers_as_dvc_reads_them(tmp_path):
    assert load(tmp_path, share="1e-3").share == 0.001


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"pots": None}, "pots is missing"),
        ({"pots": None, "pos": 3}, "unknown key pos: did you mean 'pots'?"),
        ({"colour": "red"}, "unknown key colour (there is: pots, share, kind)"),
        ({"pots": 0}, "pots must be at least 1, got 0"),
        ({"pots": 10}, "pots must be at most 9, got 10"),
        ({"share": 0}, "share must be greater than 0.0, got 0"),
        ({"share": 1.0}, "share must be less than 1.0, got 1.0"),
        ({"share": "'half'"}, "share should be a valid number, got 'half'"),
        ({"pots": 2.5}, "pots should be a valid integer, got 2.5"),
        ({"pots": "true"}, "pots should be a valid integer, got True"),
        ({"kind": "bone"}, "kind should be 'wood' or 'paper', got 'bone'"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path, values, sentence):
    with pytest.raises(ParamsError) as error:
        load(tmp_path, **values)
    assert str(error.value) == f"{tmp_path / 'params.yaml'}, section 'glue': {sentence}"


def test_an_absent_section_is_named_with_what_was_meant(tmp_path):
    with pytest.raises(ParamsError, match="no section 'glue': did you mean 'glues'"):
        load(tmp_path, section="glues")


def test_a_section_that_is_no_mapping_is_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("glue: 3\n")
    with pytest.raises(ParamsError, match="must be a mapping of keys to values, got 3"):
        load_params("glue", GlueParams, path)


def test_a_file_that_is_missing_broken_or_not_text_is_named(tmp_path):
    path = tmp_path / "params.yaml"
    with pytest.raises(ParamsError, match="does not exist"):
        load_params("glue", GlueParams, path)
    path.write_text("glue:\n  pots: [1\n")
    with pytest.raises(ParamsError, match="line 3: not valid YAML"):
        load_params("glue", GlueParams, path)
    path.write_text('glue:\n  size: é\n  pots: "\a"\n', encoding="utf-8")
    with pytest.raises(ParamsError, match="line 3: not valid YAML: control characters"):
        load_params("glue", GlueParams, path)
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ParamsError, match="not UTF-8"):
        load_params("glue", GlueParams, path)


def test_params_yaml_comes_out_of_dvcs_rewriting_as_it_went_in(tmp_path):
    # `dvc exp run --set-param` rewrites the file with ruamel.yaml; nothing but the value may move.
    path = tmp_path / "params.yaml"
    yaml = YAML()
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(yaml.load((ROOT / "params.yaml").read_text(encoding="utf-8")), file)
    assert path.read_text(encoding="utf-8") == (ROOT / "params.yaml").read_text(encoding="utf-8")


def test_an_experiment_s_value_changes_its_own_line_of_params_yaml_and_no_other(tmp_path):
    from dvc.utils.hydra import apply_overrides  # what `dvc exp run --set-param` does

    path = tmp_path / "params.yaml"
    before = (ROOT / "params.yaml").read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    apply_overrides(path, ["split.train=0.9"])
    assert path.read_text(encoding="utf-8") == before.replace("\n  train: 0.8\n", "\n  train: 0.9\n")
