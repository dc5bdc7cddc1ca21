"""`toonseg fit`, `predict` and `score`: training, a model and its scores, outside DVC."""

import argparse
import math
from pathlib import Path
from typing import Any


def add_commands(commands: Any) -> None:
    """Add the three to a parser's commands; nothing heavy is imported before one of them runs."""
    fit = commands.add_parser(
        "fit",
        help="train a model on a COCO dataset",
        description="Train a model on a COCO dataset. An interrupted run goes on where it was when the same "
        "command is given again. Values are those of the section `train` of params.yaml, but for --set.",
    )
    fit.add_argument("--train", type=Path, required=True, metavar="COCO", help="the dataset, as COCO JSON")
    fit.add_argument(
        "--images", type=Path, required=True, metavar="DIR", help="folder that its file names start from"
    )
    fit.add_argument(
        "--val",
        type=Path,
        metavar="COCO",
        help="dataset to score the model on as it learns (see --set keep=best)",
    )
    fit.add_argument("--out", type=Path, required=True, metavar="MODEL_DIR", help="folder for the model")
    fit.add_argument(
        "--engine", choices=("torchvision", "detectron2"), help="whose Mask R-CNN (default: train.engine)"
    )
    fit.add_argument(
        "--profile",
        help="size of the model (default: train.profile): small or base; of detectron2: base, or a "
        "configuration of its zoo",
    )
    fit.add_argument(
        "--init",
        metavar="MODEL_DIR|FILE",
        help="another run's model, or weights: a file, or torchvision's name",
    )
    fit.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another value, such as iterations=400",
    )
    fit.add_argument(
        "--params", type=Path, metavar="FILE", help="params.yaml (default: the one here, or toonseg's own)"
    )
    fit.add_argument("--dry-run", action="store_true", help="only tell size, time and memory of the training")
    fit.set_defaults(run=_fit)

    predict = commands.add_parser(
        "predict",
        help="find the instances in pictures",
        description="Find the instances in pictures; write them as COCO results with file and class names.",
    )
    predict.add_argument("model", type=Path, metavar="MODEL_DIR", help="folder of a trained model")
    predict.add_argument(
        "images",
        type=Path,
        nargs="+",
        metavar="IMAGE_OR_DIR",
        help="a picture, or a folder that is searched to the bottom; hidden files are passed over",
    )
    predict.add_argument(
        "--out", type=Path, required=True, metavar="RESULTS.json", help="file for the results"
    )
    predict.add_argument(
        "--overlay", type=Path, metavar="DIR", help="folder for pictures with masks over them"
    )
    predict.add_argument(
        "--score",
        type=_share,
        metavar="SHARE",
        default=0.5,
        help="least score of what is written (default 0.5; 0.05 where `toonseg score` follows)",
    )
    predict.add_argument(
        "--device",
        default="auto",
        choices=("auto", "cpu", "cuda", "mps"),
        help="where to compute (default auto: a GPU where there is one)",
    )
    predict.set_defaults(run=_predict)

    score = commands.add_parser(
        "score",
        help="score results against a truth",
        description="Score COCO results against a COCO dataset: average precision, kinds of errors, counts.",
    )
    score.add_argument(
        "--truth", type=Path, required=True, metavar="COCO", help="the labelled dataset, as COCO JSON"
    )
    score.add_argument(
        "--results",
        type=Path,
        required=True,
        metavar="RESULTS.json",
        help="COCO results of its pictures, as `toonseg predict` writes them",
    )
    score.add_argument(
        "--count-score",
        type=_share,
        metavar="SHARE",
        default=0.5,
        help="least score of the results among which found and missed are counted (default 0.5)",
    )
    score.add_argument("--json", type=Path, metavar="OUT", help="file for the scores, per class and series")
    score.add_argument("--csv", type=Path, metavar="DIR", help="folder for the tables")
    score.add_argument(
        "--fast",
        action="store_true",
        help="masks and boxes by hotcoco, if installed: the same numbers several times as fast; edges, which "
        "take the most time, stay as they are",
    )
    score.set_defaults(run=_score)


def _share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, got {text}")
    return value


def _fit(options: argparse.Namespace) -> int:
    from toonseg.engines.outside_fit import FitOrder, run_fit

    named = {"engine": options.engine, "profile": options.profile, "init": options.init}
    order = FitOrder(
        train=options.train,
        val=options.val,
        images=options.images,
        out=options.out,
        values={key: value for key, value in named.items() if value is not None},
        set=tuple(options.set),
        params=options.params,
    )
    if told := run_fit(order, dry=options.dry_run):
        print(told)
    return 0


def _predict(options: argparse.Namespace) -> int:
    from toonseg.engines.outside_predict import run_predict

    print(
        run_predict(
            options.model, options.images, options.out, options.overlay, options.score, options.device
        )
    )
    return 0


def _score(options: argparse.Namespace) -> int:
    from toonseg.engines.outside_score import run_score

    print(
        run_score(
            options.truth,
            options.results,
            options.json,
            options.csv,
            count_score=options.count_score,
            fast=options.fast,
        )
    )
    return 0
