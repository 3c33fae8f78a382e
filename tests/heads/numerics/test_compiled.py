"""What is said while kernels are compiled."""

import importlib
import pkgutil

import numba
import pytest
from numba.core import event
from numba.core.registry import CPUDispatcher

from hyperface import heads
from hyperface.heads.numerics.compiled import _Teller


@pytest.mark.parametrize(("package", "times"), [(__name__, 1), ("hyperface.heads", 0)])
def test_compiling_is_told_once_and_only_of_ones_own(caplog, package, times):
    function = numba.njit(lambda x: x + 1)
    with event.install_listener("numba:compile", _Teller(package)):
        assert (function(1), function(1.5)) == (2, 2.5)
    assert caplog.text.count("Compiling what draws heads, once on this computer") == times


def test_kernels_call_no_kernels_that_are_not_inlined():
    found = pkgutil.walk_packages(heads.__path__, "hyperface.heads.")
    modules = [importlib.import_module(module.name) for module in found]
    kernels = {item for module in modules for item in vars(module).values() if isinstance(item, CPUDispatcher)}
    assert len(kernels) > 15
    for kernel in kernels:
        function = kernel.py_func
        called = [function.__globals__.get(name) for name in function.__code__.co_names]
        for other in called:
            inlined = isinstance(other, CPUDispatcher) and other.targetoptions.get("inline") == "always"
            assert inlined or not isinstance(other, CPUDispatcher), (function.__name__, other)
