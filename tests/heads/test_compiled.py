"""What is said while kernels are compiled."""

import numba
import pytest
from numba.core import event

from hyperface.heads.compiled import _Teller


@pytest.mark.parametrize(("package", "times"), [(__name__, 1), ("hyperface.heads", 0)])
def test_compiling_is_told_once_and_only_of_ones_own(caplog, package, times):
    function = numba.njit(lambda x: x + 1)
    with event.install_listener("numba:compile", _Teller(package)):
        assert (function(1), function(1.5)) == (2, 2.5)
    assert caplog.text.count("Compiling what draws heads, once on this computer") == times
