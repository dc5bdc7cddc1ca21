"""Write the report on everything: ``python -m stages.report``."""

from pathlib import Path

from toonseg.console import run_stage
from toonseg.params import load_params
from toonseg.report.build import ReportParams, build_report


def main() -> str:
    """Put panels, labels, predictions and numbers in one folder that a browser opens."""
    return build_report(Path(), Path("report"), load_params("report", ReportParams))


if __name__ == "__main__":
    run_stage("report", main)
