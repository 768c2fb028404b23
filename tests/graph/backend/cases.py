"""ONNX's own tests of its operators, one a line as JSON: the model, what it is fed and what it must give.

    /usr/bin/python3 tests/graph/backend/cases.py

needs Debian's python3-onnx. Tests of sequences, texts and the like, and large ones, are left out.
"""

import base64
import contextlib
import importlib
import io
import json
import pkgutil
import sys
import warnings

import numpy

# Names that numpy has dropped since these tests were written.
for name, kind in {"float": float, "int": int, "bool": bool, "object": object}.items():
    if name not in numpy.__dict__:
        setattr(numpy, name, kind)

warnings.simplefilter("ignore")

from onnx import numpy_helper  # noqa: E402
from onnx.backend.test.case import node  # noqa: E402

LARGEST = 200_000


def text(message):
    return base64.b64encode(message.SerializeToString()).decode()


def tensors(values):
    return [numpy_helper.from_array(numpy.asarray(value)) for value in values]


def is_tensor(value):
    return isinstance(value, (numpy.ndarray, numpy.generic)) and value.dtype.kind in "biuf"


node._TargetOpType = None
with contextlib.redirect_stdout(io.StringIO()):
    for module in pkgutil.iter_modules(node.__path__):
        try:
            importlib.import_module(f"{node.__name__}.{module.name}")
        except Exception as error:
            print(f"{module.name}: {error}", file=sys.stderr)

for case in node._NodeTestCases:
    graph = case.model.graph
    for inputs, outputs in case.data_sets:
        values = [*inputs, *outputs]
        if not all(is_tensor(value) for value in values):
            continue
        if sum(numpy.asarray(value).nbytes for value in values) > LARGEST:
            continue
        print(
            json.dumps(
                {
                    "name": case.name,
                    "operators": sorted({each.op_type for each in graph.node}),
                    "domains": sorted({each.domain for each in graph.node}),
                    "model": text(case.model),
                    "inputs": [text(tensor) for tensor in tensors(inputs)],
                    "outputs": [text(tensor) for tensor in tensors(outputs)],
                }
            )
        )
