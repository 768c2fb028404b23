"""Seconds of training steps in PyTorch, with Caffe's update.

Arguments: a JSON object with the network's name, `weights` (name and shape of each), the pictures' `input` and `batch`,
what the loss of each output counts for, and how many `steps` to time after two more. Prints, as a JSON object, the
`seconds` of each step and the `peak` of the process's memory in GB.

Tried with small batches, by processor time of one thread of a busy EPYC (Zen 3): gradients that are set to nothing
instead of zero, together with an update of all weights at once (`foreach`), save 3 % in AdienceNet and 4 % in CaffeNet;
channels_last is slower for AdienceNet, CaffeNet and VGG-16 (a third), and as fast for GoogLeNet.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from networks import Network
from peer import peak_memory

plan = json.loads(sys.argv[1])
torch.manual_seed(0)
weights = {name: (torch.randn(shape) * 0.01).requires_grad_() for name, shape in plan["weights"]}
forward = getattr(Network(weights, dropout=True, heads=True), plan["network"])
optimiser = torch.optim.SGD(
    [
        {"params": [w for name, w in weights.items() if name.endswith(".weight")], "weight_decay": 5e-4},
        {"params": [w for name, w in weights.items() if name.endswith(".bias")], "lr": 2e-6},
    ],
    lr=1e-6,
    momentum=0.9,
    foreach=True,
)
images = torch.rand(plan["batch"], 3, plan["input"], plan["input"]) * 255 - 128
labels = torch.randint(8, (plan["batch"],))
seconds = []
for step in range(plan["steps"] + 2):
    started = time.perf_counter()
    optimiser.zero_grad(set_to_none=True)
    outputs = zip(plan["losses"], forward(images))
    sum(factor * F.cross_entropy(logits, labels) for factor, logits in outputs).backward()
    optimiser.step()
    seconds.append(time.perf_counter() - started)
print(json.dumps({"seconds": seconds[2:], "peak": peak_memory()}))
