"""Seconds of ten-crop scoring in PyTorch.

Arguments: a JSON object with the network's name, `weights` (name and shape of each), the crops' `input`, the number of
`pictures` of `size` pixels, and how many are scored `atATime`.
"""

import json
import sys
import time

import torch
from networks import Network

plan = json.loads(sys.argv[1])
torch.manual_seed(0)
weights = {name: torch.randn(shape) * 0.01 for name, shape in plan["weights"]}
forward = getattr(Network(weights, dropout=False), plan["network"])
size, crop = plan["size"], plan["input"]
pictures = torch.randint(256, (plan["pictures"], size, size, 3), dtype=torch.uint8)
mean = torch.tensor([104.0, 117.0, 123.0]).reshape(3, 1, 1)
far, middle = size - crop, (size - crop) // 2


def score(pictures):
    values = pictures.permute(0, 3, 1, 2).flip(1).float() - mean
    corners = [(0, 0), (0, far), (far, 0), (far, far), (middle, middle)]
    five = [values[:, :, top : top + crop, left : left + crop] for top, left in corners]
    crops = torch.stack([*five, *(one.flip(3) for one in five)], 1).flatten(0, 1)
    return forward(crops)[0].softmax(1).reshape(len(pictures), 10, -1).mean(1)


with torch.inference_mode():
    score(pictures[: plan["atATime"]])
    started = time.perf_counter()
    for part in pictures.split(plan["atATime"]):
        score(part)
    print(time.perf_counter() - started)
