"""The processes that share one packing, over torch.distributed.

Every process holds all points and works on its own share of the rows and tiles; what they find is joined with the
usual collectives. Alone, all of this is nothing.
"""

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """rank of world processes; 0 of 1 is a process alone."""

    rank: int = 0
    world: int = 1

    @classmethod
    def current(cls) -> "Ranks":
        """Those of the process group, when one was started (`torchrun`), else a process alone."""
        if distributed.is_available() and distributed.is_initialized():
            return cls(distributed.get_rank(), distributed.get_world_size())
        return cls()

    def rows(self, n: int) -> slice:
        """This process's share of n rows: equal parts in order, the last ones smaller or empty."""
        size = -(-n // self.world)
        return slice(min(self.rank * size, n), min((self.rank + 1) * size, n))

    def share(self, items: list[T]) -> list[T]:
        """This process's share of a list, taken in turns: neighbours in the list cost about the same."""
        return items[self.rank :: self.world]

    def gather(self, own: torch.Tensor, n: int) -> torch.Tensor:
        """All n rows (n, …) from every process's `rows(n)`."""
        if self.world == 1:
            return own
        size = -(-n // self.world)
        padded = own.new_zeros(size, *own.shape[1:])
        padded[: len(own)] = own
        parts = [torch.empty_like(padded) for _ in range(self.world)]
        distributed.all_gather(parts, padded)
        return torch.cat(parts)[:n]

    def maximum(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element over the processes."""
        return self._reduce(values, distributed.ReduceOp.MAX)

    def minimum(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element over the processes."""
        return self._reduce(values, distributed.ReduceOp.MIN)

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element over the processes."""
        return self._reduce(values, distributed.ReduceOp.SUM)

    def _reduce(self, values: torch.Tensor, operation: "distributed.ReduceOp") -> torch.Tensor:
        if self.world > 1:
            values = values.contiguous().clone()
            distributed.all_reduce(values, operation)
        return values


ALONE = Ranks()
