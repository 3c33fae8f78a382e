"""What holds for every test."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # As many workers as cores: with as many threads in each, they wait for each other. Before torch is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Kernels for GPUs run in Triton's interpreter; it must be told before Triton is imported, by torch as well.
os.environ.setdefault("TRITON_INTERPRET", "1")
