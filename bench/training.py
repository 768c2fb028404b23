"""Seconds of training steps in PyTorch, with Caffe's update.

Arguments: a JSON object with the network's name, `weights` (name and shape of each), the pictures' `input` and `batch`,
what the loss of each output counts for, and how many `steps` to time after two more. Prints the seconds of each step,
and behind them the process's largest memory in GB, negative.
"""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from networks import Network

plan = json.loads(sys.argv[1])
torch.manual_seed(0)
weights = {name: (torch.randn(shape) * 0.01).requires_grad_() for name, shape in plan["weights"]}
forward = getattr(Network(weights, dropout=True), plan["network"])
optimiser = torch.optim.SGD(
    [
        {"params": [w for name, w in weights.items() if name.endswith(".weight")], "weight_decay": 5e-4},
        {"params": [w for name, w in weights.items() if name.endswith(".bias")], "lr": 2e-6},
    ],
    lr=1e-6,
    momentum=0.9,
)
images = torch.rand(plan["batch"], 3, plan["input"], plan["input"]) * 255 - 128
labels = torch.randint(8, (plan["batch"],))
for step in range(plan["steps"] + 2):
    started = time.perf_counter()
    optimiser.zero_grad()
    outputs = zip(plan["losses"], forward(images))
    sum(factor * F.cross_entropy(logits, labels) for factor, logits in outputs).backward()
    optimiser.step()
    if step >= 2:
        print(time.perf_counter() - started, flush=True)
print(-resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
