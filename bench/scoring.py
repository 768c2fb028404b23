"""Seconds of ten-crop scoring in PyTorch.

Arguments: a JSON object with the network's name, `weights` (name and shape of each), the crops' `input`, the number of
`pictures` of `size` pixels; a folder with the numbers of these weights and pictures
in `weights.bin` and `pictures.bin`; and `eager` or `frozen`. Prints, as a JSON object, the `seconds` and the `scores`.

Eager, the network is called layer by layer; frozen, it is traced, frozen and optimised for inference by TorchScript,
which lays the weights out for the kernels once. Tried by processor time of one thread of a busy EPYC (Zen 3): eager,
channels_last is faster for AdienceNet, CaffeNet (a tenth) and GoogLeNet (a quarter), and slower for VGG-16; frozen,
the layout of the pictures matters little. One, two and five pictures at a time: one is the fastest for GoogLeNet, by a
fifth over two, and two for AdienceNet and CaffeNet; VGG-16 was tried with one only, and takes two as regard does.
"""

import json
import sys
import time

import numpy
import torch
from networks import Network
from peer import read_tensors

plan, folder, form = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
name, size, crop, count = plan["network"], plan["size"], plan["input"], plan["pictures"]
is_eager = {"eager": True, "frozen": False}[form]
layout = torch.channels_last if is_eager and name != "vgg16" else torch.contiguous_format
bytes_ = numpy.fromfile(f"{folder}/pictures.bin", dtype=numpy.uint8)
pictures = torch.from_numpy(bytes_).reshape(count, size, size, 3)
at_a_time = 1 if name == "googlenet" else 2
mean = torch.tensor([104.0, 117.0, 123.0]).reshape(3, 1, 1)
far, middle = size - crop, (size - crop) // 2


class Scored(torch.nn.Module):
    def __init__(self):
        super().__init__()
        tensors = read_tensors(f"{folder}/weights.bin", plan["weights"])
        self.names = list(tensors)
        for k, tensor in enumerate(tensors.values()):
            self.register_buffer(f"w{k}", tensor.contiguous(memory_format=layout) if tensor.dim() == 4 else tensor)

    def forward(self, crops):
        weights = {name: getattr(self, f"w{k}") for k, name in enumerate(self.names)}
        return getattr(Network(weights, dropout=False, heads=False), name)(crops)[0].softmax(1)


def crops_of(pictures):
    values = pictures.permute(0, 3, 1, 2).flip(1).float() - mean
    corners = [(0, 0), (0, far), (far, 0), (far, far), (middle, middle)]
    five = [values[:, :, top : top + crop, left : left + crop] for top, left in corners]
    crops = torch.stack([*five, *(one.flip(3) for one in five)], 1).flatten(0, 1)
    return crops.contiguous(memory_format=layout)


with torch.inference_mode():
    network = Scored().eval()
    parts = pictures.split(at_a_time)
    if not is_eager:
        traced = torch.jit.trace(network, crops_of(parts[0]))
        network = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
    # The first runs of a traced network compile it.
    for _ in range(3):
        network(crops_of(parts[0]))
    started = time.perf_counter()
    scores = [network(crops_of(part)).reshape(len(part), 10, -1).mean(1) for part in parts]
    seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "scores": torch.cat(scores).flatten().tolist()}))
