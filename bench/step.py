"""Optimisation steps of one of the paper's networks in PyTorch, with Caffe's update and dropout off.

Arguments: a folder with `step.json` and `step.bin` from step.js. Writes the loss and the velocities after each step into
`torch.bin`, in the order of the weights.
"""

import json
import sys

import numpy
import torch
import torch.nn.functional as F

folder = sys.argv[1]
with open(f"{folder}/step.json") as file:
    plan = json.load(file)
numbers = numpy.memmap(f"{folder}/step.bin", dtype=numpy.float32, mode="r")
place = 0


def take(shape):
    global place
    count = int(numpy.prod(shape))
    tensor = torch.from_numpy(numpy.array(numbers[place : place + count]).reshape(shape))
    place += count
    return tensor


weights = {name: take(shape).requires_grad_() for name, shape in plan["weights"]}
images = take(plan["images"])
labels = torch.tensor(plan["labels"])


def conv(x, name, stride=1, padding=0, groups=1):
    y = F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride, padding, 1, groups)
    return F.relu(y)


def fc(x, name):
    return F.linear(x.flatten(1), weights[f"{name}.weight"], weights[f"{name}.bias"])


def pool(x, kernel=3, stride=2, padding=0):
    return F.max_pool2d(x, kernel, stride, padding, ceil_mode=True)


def lrn(x):
    return F.local_response_norm(x, 5, 1e-4, 0.75)


def adiencenet(x):
    x = lrn(pool(conv(x, "conv1", 4)))
    x = lrn(pool(conv(x, "conv2", padding=2)))
    x = pool(conv(x, "conv3", padding=1))
    return [fc(F.relu(fc(F.relu(fc(x, "fc6")), "fc7")), "fc8")]


def caffenet(x):
    x = lrn(pool(conv(x, "conv1", 4)))
    x = lrn(pool(conv(x, "conv2", padding=2, groups=2)))
    x = conv(x, "conv3", padding=1)
    x = conv(x, "conv4", padding=1, groups=2)
    x = pool(conv(x, "conv5", padding=1, groups=2))
    return [fc(F.relu(fc(F.relu(fc(x, "fc6")), "fc7")), "fc8")]


def vgg16(x):
    for block, count in enumerate([2, 2, 3, 3, 3], 1):
        for k in range(1, count + 1):
            x = conv(x, f"conv{block}_{k}", padding=1)
        x = pool(x, 2)
    return [fc(F.relu(fc(F.relu(fc(x, "fc6")), "fc7")), "fc8")]


def googlenet(x):
    def inception(x, name):
        def at(kind):
            return f"inception_{name}/{kind}"

        return torch.cat(
            [
                conv(x, at("1x1")),
                conv(conv(x, at("3x3_reduce")), at("3x3"), padding=1),
                conv(conv(x, at("5x5_reduce")), at("5x5"), padding=2),
                conv(pool(x, 3, 1, 1), at("pool_proj")),
            ],
            1,
        )

    def head(x, name):
        x = conv(F.avg_pool2d(x, 5, 3, ceil_mode=True), f"{name}/conv")
        return fc(F.relu(fc(x, f"{name}/fc")), f"{name}/classifier")

    x = lrn(pool(conv(x, "conv1/7x7_s2", 2, 3)))
    x = pool(lrn(conv(conv(x, "conv2/3x3_reduce"), "conv2/3x3", padding=1)))
    heads = []
    for name in ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]:
        x = inception(x, name)
        if name in ("4a", "4d"):
            heads.append(head(x, f"loss{len(heads) + 1}"))
        if name in ("3b", "4e"):
            x = pool(x)
    return [fc(x.mean((2, 3)), "loss3/classifier"), *heads]


network = {f.__name__: f for f in (adiencenet, caffenet, googlenet, vgg16)}[plan["network"]]
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
                v.numpy().tofile(out)
