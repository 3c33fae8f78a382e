"""Several processes at one piece of work, over torch.distributed: `torchrun` or `accelerate launch` started them.

One of them, the first, leads: it has the run folder and the terminal, and tells the others what to do (`tell`). They
listen (`follow`) until they are dismissed. A process alone is the first of one, and all of this is nothing to it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import logging
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from hyperface.errors import DeviceError

if TYPE_CHECKING:
    import torch
    from torch.distributed import ReduceOp

T = TypeVar("T")
Step = TypeVar("Step")
Result = TypeVar("Result")

log = logging.getLogger(__name__)


def launched() -> int:
    """How many processes were launched together; 1 for a process alone. Needs no torch."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def own_device(device: str | torch.device) -> str:
    """The device that this process computes on: of several on a machine, each takes a GPU of its own."""
    if _is_gpu(device) and launched() > 1 and "LOCAL_RANK" in os.environ:
        return f"cuda:{int(os.environ['LOCAL_RANK'])}"
    return str(device)


def _is_gpu(device: str | torch.device) -> bool:
    return str(device).partition(":")[0] == "cuda"


@dataclass(frozen=True)
class Ranks:
    """rank of world processes; 0 of 1 is a process alone."""

    rank: int = 0
    world: int = 1

    @classmethod
    def current(cls) -> Ranks:
        """Those of the process group, where there is one, else a process alone."""
        from torch import distributed

        if distributed.is_available() and distributed.is_initialized():
            return cls(distributed.get_rank(), distributed.get_world_size())
        return cls()

    @classmethod
    def join(cls, device: str | torch.device = "cpu", patience: timedelta | None = None) -> Ranks:
        """Join the processes that were launched, if this one has not yet; a process alone stays so.

        patience: how long they wait for each other; torch's own if not given. The group is left at exit, or by `leave`.
        """
        if launched() == 1:
            return cls()
        import torch
        from torch import distributed

        if not distributed.is_initialized():
            # Its functions have as a default argument the group there is when it is imported, and keep that group and
            # its threads alive. DistributedDataParallel imports it; here there is no group yet.
            importlib.import_module("torch.distributed.nn.functional")
            if _is_gpu(device):  # what is told travels over this process's own GPU
                try:
                    torch.cuda.set_device(own_device(device))
                except (RuntimeError, AssertionError) as error:
                    raise DeviceError(
                        f"There is no GPU here for process {os.environ.get('RANK')} ({error})."
                    ) from error
            distributed.init_process_group("nccl" if _is_gpu(device) else "gloo", timeout=patience)
            atexit.register(leave)
        return cls.current()

    # What each process's part is

    def rows(self, n: int) -> slice:
        """This process's share of n rows: equal parts in order, the last ones smaller or empty."""
        size = -(-n // self.world)
        return slice(min(self.rank * size, n), min((self.rank + 1) * size, n))

    def share(self, items: list[T]) -> list[T]:
        """This process's share of a list, taken in turns: neighbours in the list cost about the same."""
        return items[self.rank :: self.world]

    # Collectives: every process calls them, in the same order

    def gather(self, own: torch.Tensor, n: int) -> torch.Tensor:
        """All n rows (n, …) from every process's `rows(n)`, without their gradients."""
        if self.world == 1:
            return own
        import torch
        from torch import distributed

        size = -(-n // self.world)
        padded = own.new_zeros(size, *own.shape[1:])
        padded[: len(own)] = own.detach()
        parts = [torch.empty_like(padded) for _ in range(self.world)]
        distributed.all_gather(parts, padded)
        return torch.cat(parts)[:n]

    def maximum(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element over the processes."""
        return self._reduce(values, "MAX")

    def minimum(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element over the processes."""
        return self._reduce(values, "MIN")

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element over the processes."""
        return self._reduce(values, "SUM")

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Element by element over the processes."""
        return self.total(values) / self.world if self.world > 1 else values

    def _reduce(self, values: torch.Tensor, operation: str) -> torch.Tensor:
        if self.world == 1:
            return values
        from torch import distributed

        values = values.contiguous().clone()
        reduce: ReduceOp = getattr(distributed.ReduceOp, operation)
        distributed.all_reduce(values, reduce)
        return values

    def wait(self) -> None:
        """Until all have come here."""
        if self.world > 1:
            from torch import distributed

            distributed.barrier()

    # Leading and following

    def tell(self, *what: Any) -> None:
        """The first process, to the others: what the work is, as `follow`'s function takes it."""
        self._broadcast(what)

    def dismiss(self) -> None:
        """The first process, to the others, who must be listening: there is nothing more to do."""
        with contextlib.suppress(RuntimeError):  # they have ended already, by what ended the first one
            self._broadcast(None)

    def follow(self, work: Callable[..., None]) -> None:
        """Every other process: do `work(*what)` for whatever the first one tells, until dismissed.

        When the first process ends by an error, its connections close, and who waits for it gets a RuntimeError. That
        ends this one too, and nothing is lost: the first process alone keeps anything.
        """
        try:
            while (what := self._broadcast(None)) is not None:
                work(*what)
        except RuntimeError as error:
            log.warning("Process %d ends, as the first one is gone (%s).", self.rank, error)

    def leading(self, steps: Generator[Step, None, Result]) -> Generator[Step, None, Result]:
        """The first process's steps, which the others take along with it; closing them stops all."""
        with contextlib.closing(steps):
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    result: Result = end.value
                    return result
                try:
                    yield step
                except GeneratorExit:
                    with contextlib.suppress(RuntimeError):
                        self._broadcast(False)
                    raise
                self._broadcast(True)

    def take_along(self, steps: Generator[Any, None, Any]) -> None:
        """Every other process: take the same steps as the first one, as long as that does."""
        with contextlib.closing(steps):
            for _ in steps:
                if not self._broadcast(None):
                    return

    def _broadcast(self, what: Any) -> Any:
        """What the first process has; the others' own does not matter."""
        if self.world == 1:
            return what
        from torch import distributed

        told = [what]
        distributed.broadcast_object_list(told, src=0)
        return told[0]


ALONE = Ranks()


@contextlib.contextmanager
def joined(device: str | torch.device = "cpu", patience: timedelta | None = None) -> Iterator[Ranks]:
    """The processes that were launched, joined as by `Ranks.join`, and left at the end of the block."""
    try:
        yield Ranks.join(device, patience)
    finally:
        leave()


def leave() -> None:
    """End the process group and its threads: one that still frees a tensor when the interpreter is gone aborts."""
    if launched() == 1:
        return
    from torch import distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()
        gc.collect()  # the threads end with the last that holds the group, such as a wrapped model
