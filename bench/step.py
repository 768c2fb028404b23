"""Optimisation steps of one of the paper's networks in PyTorch, with Caffe's update and dropout off.

Arguments: a folder with `step.json`, `weights.bin` and `images.bin` from step.js; `single` or `double` precision; and
`own` or `given` decisions. With `given`, `signs.bin` and `places.bin` say which way each ReLU goes and which place each
max pooling takes, in the order of the layers, step by step. Writes the loss and the velocities after each step into
`torch.bin`, in the order of the weights. Prints, as a JSON object, how many decisions were `made`; how many of the given
ones are none that the numbers here would have led to (`lost`); and the most that one of these lost `by`, relative to the
layer's largest number.
"""

import json
import sys

import numpy
import torch
import torch.nn.functional as F
from networks import Network
from peer import read_tensors

folder, precision, decisions = sys.argv[1:]
dtype = {"single": torch.float32, "double": torch.float64}[precision]
is_given = {"own": False, "given": True}[decisions]
with open(f"{folder}/step.json") as file:
    plan = json.load(file)
tensors = read_tensors(f"{folder}/weights.bin", plan["weights"])
weights = {name: tensor.to(dtype).requires_grad_() for name, tensor in tensors.items()}
images = read_tensors(f"{folder}/images.bin", [("images", plan["images"])])["images"].to(dtype)
labels = torch.tensor(plan["labels"])

if is_given:
    signs = open(f"{folder}/signs.bin", "rb")
    places = open(f"{folder}/places.bin", "rb")
made = 0
lost = []


def read(file, kind, shape):
    """The given decisions of the next layer."""
    return torch.from_numpy(numpy.fromfile(file, kind, int(numpy.prod(shape)))).reshape(shape)


def judge(is_other, by, x):
    """Keep by how much the given decisions that are none of our own lost, relative to the layer's largest number."""
    global made
    made += is_other.numel()
    lost.extend((by[is_other] / x.abs().max()).tolist())


class Given(Network):
    """Decides as it is told."""

    def relu(self, x):
        passes = read(signs, numpy.uint8, x.shape).bool()
        judge(passes != (x > 0), x.detach().abs(), x.detach())
        return x * passes

    def pool(self, x, kernel=3, stride=2, padding=0):
        y, own = F.max_pool2d(x, kernel, stride, padding, ceil_mode=True, return_indices=True)
        taken = read(places, numpy.int32, y.shape).long()
        z = x.flatten(2).gather(2, taken.flatten(2)).reshape(y.shape)
        # Where the largest is a ReLU's zero, no place passes anything on.
        judge((taken != own) & (y > 0), (y - z).detach().abs(), x.detach())
        return z


network = getattr((Given if is_given else Network)(weights, dropout=False, heads=True), plan["network"])
velocities = {name: torch.zeros_like(weight) for name, weight in weights.items()}
with open(f"{folder}/torch.bin", "wb") as out:
    for _ in range(plan["steps"]):
        parts = zip(plan["losses"], network(images))
        loss = sum(factor * F.cross_entropy(logits, labels) for factor, logits in parts)
        gradients = torch.autograd.grad(loss, list(weights.values()))
        numpy.array([loss.item()], dtype=numpy.float32).tofile(out)
        with torch.no_grad():
            for (name, weight), gradient in zip(weights.items(), gradients):
                bias = name.endswith(".bias")
                decayed = gradient if bias else gradient + plan["decay"] * weight
                v = velocities[name]
                v.mul_(plan["momentum"]).add_(decayed, alpha=plan["rate"] * (2 if bias else 1))
                weight.sub_(v)
                v.float().numpy().tofile(out)
print(json.dumps({"made": made, "lost": len(lost), "by": max(lost, default=0)}))
