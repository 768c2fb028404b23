"""Optimisation steps of one of the paper's networks in PyTorch, with Caffe's update and dropout off.

Arguments: a folder with `step.json`, `weights.bin` and `images.bin` from step.js; `single` or `double` precision; and
`own` or `given` decisions. With `given`, `signs.bin` and `places.bin` say which way each ReLU goes and which place each
max pooling takes, in the order of the layers, step by step. Writes the loss and the velocities after each step into
`torch.bin`, in the order of the weights. Prints how many decisions there were; how many of the given ones are none that
the numbers here would have led to; and the most that one of these lost by, relative to the layer's largest number.
"""

import json
import sys

import numpy
import torch
import torch.nn.functional as F

folder, precision, decisions = sys.argv[1:]
dtype = {"single": torch.float32, "double": torch.float64}[precision]
is_given = {"own": False, "given": True}[decisions]
with open(f"{folder}/step.json") as file:
    plan = json.load(file)
numbers = numpy.memmap(f"{folder}/weights.bin", dtype=numpy.float32, mode="r")
place = 0


def take(shape):
    global place
    count = int(numpy.prod(shape))
    tensor = torch.from_numpy(numpy.array(numbers[place : place + count]).reshape(shape))
    place += count
    return tensor.to(dtype)


weights = {name: take(shape).requires_grad_() for name, shape in plan["weights"]}
pictures = numpy.fromfile(f"{folder}/images.bin", dtype=numpy.float32)
images = torch.from_numpy(pictures.reshape(plan["images"])).to(dtype)
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


def relu(x):
    if not is_given:
        return F.relu(x)
    passes = read(signs, numpy.uint8, x.shape).bool()
    judge(passes != (x > 0), x.detach().abs(), x.detach())
    return x * passes


def pool(x, kernel=3, stride=2, padding=0):
    y, own = F.max_pool2d(x, kernel, stride, padding, ceil_mode=True, return_indices=True)
    if not is_given:
        return y
    taken = read(places, numpy.int32, y.shape).long()
    z = x.flatten(2).gather(2, taken.flatten(2)).reshape(y.shape)
    # Where the largest is a ReLU's zero, no place passes anything on.
    judge((taken != own) & (y > 0), (y - z).detach().abs(), x.detach())
    return z


def conv(x, name, stride=1, padding=0, groups=1):
    return relu(F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride, padding, 1, groups))


def fc(x, name):
    return F.linear(x.flatten(1), weights[f"{name}.weight"], weights[f"{name}.bias"])


def lrn(x):
    return F.local_response_norm(x, 5, 1e-4, 0.75)


def adiencenet(x):
    x = lrn(pool(conv(x, "conv1", 4)))
    x = lrn(pool(conv(x, "conv2", padding=2)))
    x = pool(conv(x, "conv3", padding=1))
    return [fc(relu(fc(relu(fc(x, "fc6")), "fc7")), "fc8")]


def caffenet(x):
    x = lrn(pool(conv(x, "conv1", 4)))
    x = lrn(pool(conv(x, "conv2", padding=2, groups=2)))
    x = conv(x, "conv3", padding=1)
    x = conv(x, "conv4", padding=1, groups=2)
    x = pool(conv(x, "conv5", padding=1, groups=2))
    return [fc(relu(fc(relu(fc(x, "fc6")), "fc7")), "fc8")]


def vgg16(x):
    for block, count in enumerate([2, 2, 3, 3, 3], 1):
        for k in range(1, count + 1):
            x = conv(x, f"conv{block}_{k}", padding=1)
        x = pool(x, 2)
    return [fc(relu(fc(relu(fc(x, "fc6")), "fc7")), "fc8")]


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
        return fc(relu(fc(x, f"{name}/fc")), f"{name}/classifier")

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
                v.float().numpy().tofile(out)
print(made)
print(len(lost))
print(max(lost, default=0))
