"""Shares: a batch's gradients on several threads are those that one thread would find."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from drawn_dataset import draw

from toonseg.engines.shares import Shares, norms_of
from toonseg.engines.small import build_small

SEEDS = (11, 12)


def sample(number: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """A drawn picture (3, h, w) and its targets, as torchvision wants them."""
    picture, instances = draw(number)
    masks = torch.from_numpy(instances[0][1])[None], torch.from_numpy(instances[1][1])[None]
    corners = [torch.nonzero(mask[0]) for mask in masks]
    boxes = [torch.cat([found.min(0).values.flip(0), found.max(0).values.flip(0) + 1]) for found in corners]
    target = {
        "boxes": torch.stack(boxes).float(),
        "labels": torch.tensor([category for category, _ in instances]),
        "masks": torch.cat(masks).to(torch.uint8),
    }
    return torch.from_numpy(picture).permute(2, 0, 1).float() / 255, target


@contextmanager
def shares(threads: int) -> Iterator[tuple[Any, Shares]]:
    """A fresh model, always the same, and threads for it."""
    torch.manual_seed(1)
    model = build_small(2).train()
    its = Shares(model, threads)
    try:
        yield model, its
    finally:
        its.close()


def derive(threads: int, numbers: list[int], seeds: tuple[int, ...]) -> tuple[float, list[torch.Tensor]]:
    """The loss of a batch of drawn pictures, and the gradients of all parameters."""
    with shares(threads) as (model, its):

        def losses_of(share: list[Any]) -> dict[str, torch.Tensor]:
            parts = model(*map(list, zip(*share, strict=True)))
            return {"loss": torch.stack(list(parts.values())).sum()}

        losses = its.derive(losses_of, [sample(number) for number in numbers], seeds)
        return losses["loss"].item(), [parameter.grad for parameter in model.parameters()]


def test_two_threads_find_what_one_finds_bit_for_bit() -> None:
    (loss, gradients), (again, same) = (derive(threads, [1, 2, 3], SEEDS) for threads in (2, 1))
    assert loss == again
    assert all(torch.equal(one, other) for one, other in zip(gradients, same, strict=True))
    assert any(gradient.abs().max() > 0 for gradient in gradients)


def test_a_share_counts_by_its_length() -> None:
    loss, gradients = derive(2, [1, 2, 3], SEEDS)
    (first, its), (second, others) = derive(1, [1, 3], SEEDS[:1]), derive(1, [2], SEEDS[1:])
    assert loss == pytest.approx((2 * first + second) / 3, rel=1e-5)
    for gradient, one, other in zip(gradients, its, others, strict=True):
        mean = (2 * one + other) / 3
        assert (gradient - mean).norm() <= 1e-3 * mean.norm()


def test_other_seeds_draw_other_regions() -> None:
    assert derive(2, [1, 2], SEEDS)[0] != derive(2, [1, 2], (13, 14))[0]


def test_the_statistics_of_norms_are_left_alone() -> None:
    with shares(2) as (model, its):
        its.derive(
            lambda share: {"loss": model(*map(list, zip(*share, strict=True)))["loss_objectness"]},
            [sample(1), sample(2)],
            SEEDS,
        )
        assert all(int(norm.num_batches_tracked) == 0 for norm in norms_of(model))


def test_an_error_on_a_thread_is_raised() -> None:
    def fail(share: list[Any]) -> dict[str, torch.Tensor]:
        raise RuntimeError("out of memory")

    with shares(2) as (_, its), pytest.raises(RuntimeError, match="out of memory"):
        its.derive(fail, [1, 2], SEEDS)
