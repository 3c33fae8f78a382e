"""How the functions that go through samples and vertices are compiled.

Compiled once for a computer, kept beside the source; other threads run meanwhile; a division by zero is infinity, as in
NumPy, and not an error.

A kernel calls no other one that is not inlined. Of a function that is called from two, numba runs either compilation,
whichever a process came by, and they round differently: pictures would depend on what was compiled before.
"""

from __future__ import annotations

import logging

import numba
from numba.core import event

log = logging.getLogger(__name__)

kernel = numba.njit(cache=True, fastmath=True, nogil=True, error_model="numpy")


class _Teller(event.Listener):
    """Says, once, that what is waited for is compilation: nothing that was compiled before was found."""

    def __init__(self, package: str) -> None:
        """package: whose functions it tells of."""
        self.package, self.told = package, False

    def on_start(self, event: event.Event) -> None:
        dispatcher = (event.data or {}).get("dispatcher")
        ours = getattr(getattr(dispatcher, "py_func", None), "__module__", "").startswith(self.package)
        if ours and not self.told:
            self.told = True
            log.warning("Compiling what draws heads, once on this computer: about half a minute.")

    def on_end(self, event: event.Event) -> None:
        """Nothing: the first picture tells by being there."""


event.register("numba:compile", _Teller("hyperface.heads"))  # type: ignore[no-untyped-call]  # numba's own gap
