"""A batch's gradients on a CPU's cores: each thread takes a share of the pictures.

The operations of a small network are too short to be divided between cores: two threads in one operation
wait for each other half of the time, and far longer beside other work. Whole pictures divide well. As in
training on several GPUs, BatchNorm sees one share at a time.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler

T = TypeVar("T")
Losses = dict[str, Tensor]


class Shares:
    """Threads that derive the losses of a model on shares of a batch, until they are closed.

    What is drawn at random on the way comes from a generator of the share, so the same seeds give the
    same gradients, bit for bit, in whatever order the threads run.
    """

    def __init__(self, model: MaskRCNN, threads: int, cores_a_thread: int = 1) -> None:
        self._model = model
        self._pool = ThreadPoolExecutor(
            threads, initializer=torch.set_num_threads, initargs=(cores_a_thread,)
        )
        self._samplers = []
        for part in (model.rpn, model.roi_heads):
            part.fg_bg_sampler = _ThreadsSampler(part.fg_bg_sampler)
            self._samplers.append(part.fg_bg_sampler)
        for norm in norms_of(model):
            norm.track_running_stats = False  # threads would write over each other

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)

    def derive(
        self, losses_of: Callable[[list[T]], Losses], batch: Sequence[T], seeds: Sequence[int]
    ) -> Losses:
        """Give each parameter of the model its gradient for a batch; gives the mean losses.

        The batch is dealt out in as many shares as there are ``seeds``. ``losses_of`` gives the losses of
        a share by name, ``loss`` among them, which is derived. A share counts by its length.
        """
        parameters = [parameter for parameter in self._model.parameters() if parameter.requires_grad]

        def work(share: list[T], seed: int) -> tuple[Losses, Sequence[Tensor]]:
            for sampler in self._samplers:
                sampler.seed(seed)
            losses = {name: value * (len(share) / len(batch)) for name, value in losses_of(share).items()}
            gradients = torch.autograd.grad(losses["loss"], parameters, materialize_grads=True)
            return {name: value.detach() for name, value in losses.items()}, gradients

        shares = [list(batch[first :: len(seeds)]) for first in range(len(seeds))]
        (losses, gradients), *others = self._pool.map(work, shares, seeds)
        for its_losses, its_gradients in others:
            losses = {name: value + its_losses[name] for name, value in losses.items()}
            for gradient, another in zip(gradients, its_gradients, strict=True):
                gradient.add_(another)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        return losses


def norms_of(model: nn.Module) -> list[nn.BatchNorm2d]:
    """The layers of a model that keep statistics of what they see."""
    return [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]


class _ThreadsSampler:
    """Draws a picture's regions as torchvision's sampler does, from the generator of the thread it runs on.

    torch's global generator is the same for all threads: who draws first would hang on chance.
    """

    def __init__(self, plain: BalancedPositiveNegativeSampler) -> None:
        self._count = plain.batch_size_per_image
        self._positive = plain.positive_fraction
        self._local = threading.local()

    def seed(self, seed: int) -> None:
        """Let what this thread draws from now on follow from ``seed``."""
        self._local.generator = torch.Generator().manual_seed(seed)

    def __call__(self, labels: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Masks (n,) of the chosen instances (label over 0) and background (0), for each picture's labels."""
        positive, negative = [], []
        for label in labels:
            chosen = self._draw(label > 0, int(self._count * self._positive))
            positive.append(chosen)
            negative.append(self._draw(label == 0, self._count - int(chosen.sum())))
        return positive, negative

    def _draw(self, among: Tensor, most: int) -> Tensor:
        """A mask of at most ``most`` of the true places of a mask."""
        places = torch.nonzero(among)[:, 0]
        chosen = torch.zeros_like(among)
        chosen[places[torch.randperm(len(places), generator=self._local.generator)[:most]]] = True
        return chosen
