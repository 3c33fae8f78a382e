"""How the functions that go through samples and vertices are compiled.

Compiled once for a computer, kept beside the source; other threads run meanwhile; a division by zero is infinity, as in
NumPy, and not an error.
"""

from __future__ import annotations

import numba

kernel = numba.njit(cache=True, fastmath=True, nogil=True, error_model="numpy")
