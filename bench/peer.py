"""PyTorch as fast as it goes here: what the scripts of this folder share. `peer.js` starts them.

Called by itself, it prints what PyTorch computes with, as a JSON object: its `version`, how many `threads`, its matrix
library (`blas`) and that library's `kernels`, oneDNN's version (`dnn`) and the largest `vectors` that PyTorch's own
loops use; and what that reaches in GFLOPS, by a `matrix` product and by a `convolution`.
"""

import ctypes
import json
import math
import os
import re
import time

import numpy
import torch
import torch.nn.functional as F

THREADS = len(os.sched_getaffinity(0))
# Debian's PyTorch takes one thread where it is told nothing.
torch.set_num_threads(THREADS)
if torch.get_num_threads() != THREADS or not torch.backends.mkldnn.is_available():
    raise SystemExit(f"PyTorch takes {torch.get_num_threads()} of {THREADS} threads, or lacks oneDNN")


def peak_memory():
    """The most memory that this process has had, in GB."""
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read())[1]) * 1024 / 1e9


def read_tensors(path, shapes):
    """Tensors by name from a file of float32, in the order of `shapes`: pairs of a name and a shape."""
    numbers = torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32))
    parts = numbers.split([math.prod(shape) for _, shape in shapes])
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes, parts)}


def blas():
    """Version and kernels of the OpenBLAS that is loaded; of another library, its file."""
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if "blas" in line}
    for file in sorted(files):
        try:
            config = ctypes.CDLL(file).openblas_get_config
        except (AttributeError, OSError):
            continue
        config.restype = ctypes.c_char_p
        words = config().decode().split()
        return " ".join(words[:2]), words[-2]
    return ", ".join(sorted(files)), "unknown"


def gflops(operations, run):
    """The best of six runs."""
    best = float("inf")
    for _ in range(6):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return operations / best / 1e9


def main():
    side = 2048
    a, b = torch.rand(side, side), torch.rand(side, side)
    # VGG-16's conv3_2 for four pictures.
    pictures, filters = torch.rand(4, 256, 56, 56), torch.rand(256, 256, 3, 3)
    library, kernels = blas()
    with torch.inference_mode():
        report = {
            "version": torch.__version__,
            "threads": torch.get_num_threads(),
            "blas": library,
            "kernels": kernels,
            "dnn": re.search(r"MKL-DNN v([\d.]+)", torch.__config__.show())[1],
            "vectors": re.search(r"CPU capability usage: (\S+)", torch.__config__.show())[1],
            "matrix": gflops(2 * side**3, lambda: a @ b),
            "convolution": gflops(2 * pictures.numel() * 256 * 9, lambda: F.conv2d(pictures, filters, padding=1)),
        }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
