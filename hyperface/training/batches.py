"""The images of each training step: which they are and what is done to them follows from the seed and the step alone.

A resumed training therefore goes on as if never stopped, and each of several processes can make its own part.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from hyperface.datasets import LabeledImages, Skipped
from hyperface.errors import InputError, PhotoError
from hyperface.images import ALIGNED_SIZE, from_uint8
from hyperface.seeds import stream
from hyperface.training.augmentation import CHANCES, augment
from hyperface.training.order import WINDOW, epoch_order

DECODED_BYTES = 6e9  # of images are kept decoded in memory (160,000); of a larger dataset each batch is decoded anew
DECODERS = 8  # threads, at most
CPU = torch.device("cpu")


class Batches:
    """Augmented batches of a dataset, made ahead of the step that needs them.

    part: of each batch, what this process trains on. device: where it is augmented, and then is. skipped: images that
    could not be read. They are left out where the dataset is decoded at the start, and replaced by the next one in
    order where it is not.
    """

    def __init__(
        self,
        dataset: LabeledImages,
        *,
        batch_size: int,
        part: slice,
        seed: int,
        device: torch.device = CPU,
    ) -> None:
        self.batch_size, self.part, self.seed, self.device = batch_size, part, seed, device
        self.dataset, self.skipped = dataset, Skipped()
        self._decoded: np.ndarray | None = None
        self._broken: set[int] = set()
        self._shown: tuple[int, np.ndarray] = (-1, np.zeros(0, np.int64))  # an epoch, and its order
        self.labels = dataset.labels
        if len(dataset) * 3 * ALIGNED_SIZE**2 <= DECODED_BYTES:
            self._decoded, self.labels, skipped = dataset.decode()  # (n, 112, 112, 3), (n,)
            self.skipped.extend(skipped)
        if len(self) < batch_size:
            raise InputError(f"{len(self)} images do not fill a batch of {batch_size}. Use a smaller batch.")
        self.steps_per_epoch = len(self) // batch_size

    def __len__(self) -> int:
        """Number of images in an epoch; what does not fill a batch waits for the next one."""
        return len(self.labels)

    def make(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """This process's part of a step's batch: images float32 (b, 3, 112, 112) and labels int64 (b,)."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = self._order(epoch)
        chosen = order[place * self.batch_size : (place + 1) * self.batch_size][self.part]  # (b,)
        draw = stream(self.seed, "augmentation", step)
        chances = torch.rand(self.batch_size, CHANCES, generator=draw)[self.part]  # (b, 11)
        pixels, chosen = (self._decoded[chosen], chosen) if self._decoded is not None else self._read(chosen)
        images = from_uint8(pixels, device=self.device)
        return augment(images, chances), torch.from_numpy(self.labels[chosen]).to(self.device)

    def _order(self, epoch: int) -> np.ndarray:
        """The images of an epoch, as they are shown: near each other where they are read from disk."""
        kept, order = self._shown
        if kept != epoch:
            window = WINDOW if self._decoded is None else len(self)
            order = epoch_order(len(self), self.seed, epoch, window=window)
            self._shown = epoch, order
        return order

    def from_step(self, first: int, last: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The batches of the steps first … last − 1, each made while the one before it is in use."""
        with ThreadPoolExecutor(1, "batches") as thread:
            ahead = [thread.submit(self.make, step) for step in range(first, last)[:1]]
            for step in range(first, last):
                batch = ahead.pop().result()
                if step + 1 < last:
                    ahead.append(thread.submit(self.make, step + 1))
                yield batch

    def _read(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels uint8 (b, 112, 112, 3) of the images, and which they are after broken ones were replaced."""
        with ThreadPoolExecutor(min(DECODERS, os.cpu_count() or 1)) as threads:
            read = list(threads.map(self._read_one, chosen.tolist()))
        return np.stack([pixels for pixels, _ in read]), np.array([index for _, index in read])

    def _read_one(self, index: int) -> tuple[np.ndarray, int]:
        for candidate in (*range(index, len(self)), *range(index)):
            if candidate in self._broken:
                continue
            try:
                return self.dataset[candidate][0], candidate
            except PhotoError as error:
                self._broken.add(candidate)
                self.skipped.add_error(error)
        raise InputError(f"Not one image of {self.dataset.path} can be read.")
