"""Writes torchvision's classifiers as ONNX files, each with two pictures and PyTorch's logits for them.

    /usr/bin/python3 bench/torchvision.py FOLDER [NAME ...]

FOLDER gets NAME.onnx, NAME.input.npy and NAME.logits.npy. The weights are random, from a fixed seed; the running
statistics of the batch normalisations are measured on random pictures and then disturbed, so that they matter.
Batch normalisation stays a node of its own: PyTorch's constant folding and its merging of layers are off.
"""

import sys
import warnings

# This file is called as the library that it needs, and its folder is searched first.
sys.path.pop(0)

import numpy
import torch
import torchvision

warnings.filterwarnings("ignore")

# name, picture size, the opsets beside the newest that this PyTorch writes
MODELS = [
    ("resnet18", 224, [9]),
    ("resnet50", 224, []),
    ("vgg16_bn", 224, []),
    ("densenet121", 224, []),
    ("mobilenet_v2", 224, [9]),
    ("mobilenet_v3_large", 224, [11]),
    ("efficientnet_b0", 224, []),
    ("inception_v3", 299, []),
    ("squeezenet1_1", 224, []),
    ("shufflenet_v2_x1_0", 224, [11]),
    ("regnet_y_400mf", 224, []),
    ("regnet_x_400mf", 224, []),
    ("googlenet", 224, [11]),
    ("alexnet", 224, []),
]
NEWEST = 16


def build(name):
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(torchvision.models, name)(**options)


def disturb(model, size):
    """Measure the running statistics of every batch normalisation on random pictures, then disturb them."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    if norms:
        for norm in norms:
            norm.momentum = 1.0
        model.train()
        with torch.no_grad():
            model(torch.randn(4, 3, size, size))
    for norm in norms:
        norm.running_mean += 0.2 * norm.running_var.sqrt() * torch.randn_like(norm.running_mean)
        norm.running_var *= 0.6 + 0.8 * torch.rand_like(norm.running_var)
        norm.weight.data *= 0.7 + 0.6 * torch.rand_like(norm.weight)
        norm.bias.data += 0.1 * torch.randn_like(norm.bias)
    return model.eval()


def write(folder, name, size, opsets):
    torch.manual_seed(1)
    model = disturb(build(name), size)
    pictures = torch.randn(2, 3, size, size)
    with torch.no_grad():
        logits = model(pictures)
    for opset in [NEWEST, *opsets]:
        path = f"{folder}/{name}" + ("" if opset == NEWEST else f".opset{opset}")
        torch.onnx.export(
            model,
            pictures,
            f"{path}.onnx",
            opset_version=opset,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            input_names=["pictures"],
            output_names=["logits"],
            dynamic_axes={"pictures": {0: "batch"}, "logits": {0: "batch"}},
        )
        numpy.save(f"{path}.input.npy", pictures.numpy())
        numpy.save(f"{path}.logits.npy", logits.numpy())
        print(path, flush=True)


if __name__ == "__main__":
    folder, wanted = sys.argv[1], sys.argv[2:]
    for name, size, opsets in MODELS:
        if not wanted or name in wanted:
            write(folder, name, size, opsets)
