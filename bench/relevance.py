"""Seconds of VGG-16's relevance maps in PyTorch, the composite `paper` written with hooks.

Arguments: a JSON object with `weights` (name and shape of each), the `batch`, how many `rounds` to time, and the `form`,
`any-sign` or `behind-relu`; and a folder with the numbers of these weights and of pictures in `weights.bin` and
`pictures.bin`. Writes the maps into `maps.bin` there, and prints the seconds of each round as JSON.

Each layer keeps its input on the way forward, and on the way back a hook replaces the gradient by the relevance. With
`any-sign`, alpha-beta is written as its formula is, for inputs of either sign, as zennit does: four convolutions
forward and four back. With `behind-relu`, it is written for this one network, whose inputs are nowhere negative, and
takes two and two.

Tried by processor time of one thread of a busy EPYC (Zen 3), a picture at a time: the backward convolution as autograd
has it is 4 % faster than a transposed convolution or a convolution with turned weights; channels_last is slower by a
sixth.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from peer import read_tensors
from torch import nn
from torch.nn.grad import conv2d_input

plan, folder = json.loads(sys.argv[1]), sys.argv[2]
batch = plan["batch"]
parts_of_x = {"any-sign": (True, False), "behind-relu": (True,)}[plan["form"]]

layers, channels = [], 3
for block, (filters, count) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]):
    for _ in range(count):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
        channels = filters
    layers.append(nn.MaxPool2d(2, 2, ceil_mode=True))
layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
net = nn.Sequential(*layers).eval()
with torch.no_grad():
    tensors = read_tensors(f"{folder}/weights.bin", plan["weights"])
    for parameter, tensor in zip(net.parameters(), tensors.values()):
        parameter.copy_(tensor)


def nonzero(z):
    return torch.where(z == 0, torch.ones_like(z), z)


def signed(x, positive):
    return x.clamp(min=0) if positive else x.clamp(max=0)


def epsilon(module, x, r):
    z = F.linear(x, module.weight, module.bias)
    s = r / (z + torch.where(z >= 0, 0.01, -0.01))
    return x * (s @ module.weight)


def alpha_beta(module, x, r):
    total = 0
    for coefficient, wanted in ((2, True), (-1, False)):
        pairs = [(signed(x, sign), signed(module.weight, sign == wanted)) for sign in parts_of_x]
        z = sum(F.conv2d(part, weight, padding=1) for part, weight in pairs)
        s = r / nonzero(z + signed(module.bias, wanted)[:, None, None])
        for part, weight in pairs:
            total = total + coefficient * part * conv2d_input(x.shape, weight, s, padding=1)
    return total


def flat(module, x, r):
    ones = torch.ones(1, 1, 3, 3)
    counts = F.conv2d(torch.ones(1, 1, *x.shape[2:]), ones, padding=1) * x.shape[1]
    shares = F.conv_transpose2d(r.sum(1, keepdim=True) / counts, ones, padding=1)
    return shares.expand_as(x)


def hooked(module, rule):
    def keep(_, inputs):
        module.x = inputs[0].detach()

    def replace(_, __, grad_output):
        with torch.no_grad():
            return (rule(module, module.x, grad_output[0]),)

    module.register_forward_pre_hook(keep)
    module.register_full_backward_hook(replace)


convolutions = [layer for layer in net if isinstance(layer, nn.Conv2d)]
for k, layer in enumerate(convolutions):
    hooked(layer, flat if k < 4 else alpha_beta)
for layer in net:
    if isinstance(layer, nn.Linear):
        hooked(layer, epsilon)
    if isinstance(layer, nn.ReLU):
        layer.register_full_backward_hook(lambda _, __, grad_output: grad_output)

images = read_tensors(f"{folder}/pictures.bin", [("pictures", [batch, 3, 224, 224])])["pictures"]
seconds = []
for _ in range(plan["rounds"] + 1):
    started = time.perf_counter()
    x = images.clone().requires_grad_()
    logits = net(x)
    target = F.one_hot(logits.argmax(1), 1000) * logits.detach()
    (relevance,) = torch.autograd.grad(logits, x, target)
    seconds.append(time.perf_counter() - started)
relevance.numpy().tofile(f"{folder}/maps.bin")
# The first round warms up.
print(json.dumps(seconds[1:]))
