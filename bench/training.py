"""Seconds of AdienceNet training steps in PyTorch, with Caffe's update. Arguments: input, batch, steps."""

import sys
import time

import torch
from torch import nn

size, batch, steps = (int(a) for a in sys.argv[1:4])


def side(n):
    n = (n - 7) // 4 + 1
    for _ in range(3):
        n = -(-(n - 3) // 2) + 1
    return n


pool = dict(kernel_size=3, stride=2, ceil_mode=True)
net = nn.Sequential(
    nn.Conv2d(3, 96, 7, 4), nn.ReLU(), nn.MaxPool2d(**pool), nn.LocalResponseNorm(5, 1e-4, 0.75),
    nn.Conv2d(96, 256, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(**pool), nn.LocalResponseNorm(5, 1e-4, 0.75),
    nn.Conv2d(256, 384, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(**pool), nn.Flatten(),
    nn.Linear(384 * side(size) ** 2, 512), nn.ReLU(), nn.Dropout(),
    nn.Linear(512, 512), nn.ReLU(), nn.Dropout(), nn.Linear(512, 8),
)
weights = [p for n, p in net.named_parameters() if n.endswith("weight")]
biases = [p for n, p in net.named_parameters() if n.endswith("bias")]
optimiser = torch.optim.SGD(
    [{"params": weights, "weight_decay": 5e-4}, {"params": biases, "lr": 2e-6}], lr=1e-6, momentum=0.9
)
images = torch.rand(batch, 3, size, size) * 255 - 128
labels = torch.randint(8, (batch,))
for step in range(steps + 2):
    started = time.perf_counter()
    optimiser.zero_grad()
    nn.functional.cross_entropy(net(images), labels).backward()
    optimiser.step()
    if step >= 2:
        print(time.perf_counter() - started)
