"""Maps of torchvision's vit_b_16, vit_l_16 and convnext_tiny by AttnLRP in PyTorch: what `transformers.js` runs beside.

    transformers.py export NAME FOLDER             writes NAME.onnx, and a picture into picture.bin
    transformers.py map NAME FOLDER FORM ROUNDS    writes the map into map.bin, prints the seconds of each round as JSON

The weights are random, from a fixed seed, as in `torchvision.py`. The rules are those of the presets `attnlrp` and
`attnlrp-gamma`, as their authors run them: the gradient is modified on its way back, and multiplied with the input at
the end. FORM is `attnlrp`; `gamma-library`, γ as zennit writes it, four products forward beside the layer's own and four
back; or `gamma-few`, the same in four products altogether.
"""

import importlib.util
import json
import os
import sys
import time

from peer import read_tensors  # noqa: F401  takes all threads

HERE = os.path.dirname(os.path.abspath(__file__))
# A file of this folder is called as the library that it needs.
sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != HERE]

import numpy
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

_spec = importlib.util.spec_from_file_location("exports", f"{HERE}/torchvision.py")
sys.path.insert(0, HERE)
exports = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(exports)


def build(name):
    torch.manual_seed(1)
    return exports.disturb(getattr(torchvision.models, name)(), 224)


class Halved(torch.autograd.Function):
    """A product of two computed values: half of what arrives goes on to both sides."""

    @staticmethod
    def forward(ctx, y):
        return y.view_as(y)

    @staticmethod
    def backward(ctx, grad):
        return grad * 0.5


class Gelu(torch.autograd.Function):
    """y / x of what arrives."""

    @staticmethod
    def forward(ctx, x):
        y = F.gelu(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        return grad * y / (x + 1e-10)


class Norm(nn.Module):
    """LayerNorm with what it divides by held fixed."""

    def __init__(self, own, axis):
        super().__init__()
        self.weight, self.bias, self.eps, self.axis = own.weight, own.bias, own.eps, axis
        self.shape = (-1, 1, 1) if axis == 1 else (-1,)

    def forward(self, x):
        centred = x - x.mean(self.axis, keepdim=True)
        deviation = (centred.square().mean(self.axis, keepdim=True) + self.eps).sqrt().detach()
        return centred / deviation * self.weight.view(self.shape) + self.bias.view(self.shape)


class Attention(nn.Module):
    def __init__(self, own):
        super().__init__()
        width = own.embed_dim
        self.heads = own.num_heads
        self.qkv, self.out = nn.Linear(width, 3 * width), own.out_proj
        self.qkv.weight, self.qkv.bias = own.in_proj_weight, own.in_proj_bias

    def forward(self, query, *_, **__):
        n, t, c = query.shape
        q, k, v = self.qkv(query).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = Halved.apply(q @ k.transpose(-1, -2)) * (c // self.heads) ** -0.5
        mixed = Halved.apply(scores.softmax(-1) @ v)
        return self.out(mixed.transpose(1, 2).reshape(n, t, c)), None


def gamma_of(module):
    return 0.25 if isinstance(module, nn.Conv2d) else 0.05


def both_ways(module, x, weight, bias=None):
    if isinstance(module, nn.Conv2d):
        return F.conv2d(x, weight, bias, module.stride, module.padding, module.dilation, module.groups)
    return F.linear(x, weight, bias)


def backward_through(module, x, weight, s):
    if isinstance(module, nn.Conv2d):
        own = (module.stride, module.padding, module.dilation, module.groups)
        return nn.grad.conv2d_input(x.shape, weight, s, *own)
    return s @ weight


class Gamma(torch.autograd.Function):
    """γ for inputs and outputs of either sign, as a modified gradient."""

    @staticmethod
    def forward(ctx, x, module, few):
        y = both_ways(module, x, module.weight, module.bias)
        ctx.save_for_backward(x, y)
        ctx.module, ctx.few = module, few
        return y

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        module, gamma = ctx.module, gamma_of(ctx.module)
        w, b = module.weight, module.bias
        r = grad * y
        if ctx.few:
            q = gamma / (2 + gamma)
            size, magnitude = x.abs(), q * w.abs()
            total = y.abs() + both_ways(module, size, magnitude, None if b is None else q * b.abs())
            u = r / (total + 1e-6)
            signed = u * y.sign()
            relevance = x * backward_through(module, x, w, signed) + size * backward_through(module, x, magnitude, u)
            return relevance / (x + 1e-30), None, None
        up, down = w + gamma * w.clamp(min=0), w + gamma * w.clamp(max=0)
        parts = x.clamp(min=0), x.clamp(max=0)
        relevance = 0
        for wanted, pairs in ((y > 0, (up, down)), (y < 0, (down, up))):
            bias = None if b is None else b + gamma * (b.clamp(min=0) if pairs[0] is up else b.clamp(max=0))
            z = both_ways(module, parts[0], pairs[0], bias) + both_ways(module, parts[1], pairs[1])
            s = torch.where(wanted, r / (z + 1e-6 * torch.where(z < 0, -1.0, 1.0)), torch.zeros(()))
            for part, weight in zip(parts, pairs):
                relevance = relevance + part * backward_through(module, x, weight, s)
        return relevance / (x + 1e-30), None, None


class WithGamma(nn.Module):
    def __init__(self, own, few):
        super().__init__()
        self.own, self.few = own, few

    def forward(self, x):
        return Gamma.apply(x, self.own, self.few)


def modified(model, form):
    """The network with every module replaced that passes a gradient on in another way."""
    for name, child in list(model.named_children()):
        if isinstance(child, nn.MultiheadAttention):
            child = Attention(child)
        elif isinstance(child, nn.LayerNorm):
            channels_first = type(child).__name__ == "LayerNorm2d"
            child = Norm(child, 1 if channels_first else -1)
        elif isinstance(child, nn.GELU):
            child = type("GeluModule", (nn.Module,), {"forward": lambda self, x: Gelu.apply(x)})()
        elif isinstance(child, (nn.Linear, nn.Conv2d)) and form != "attnlrp":
            setattr(model, name, WithGamma(child, form == "gamma-few"))
            continue
        setattr(model, name, child)
        modified(child, form)
    return model


def main():
    what, name, folder = sys.argv[1:4]
    model = build(name)
    torch.manual_seed(2)
    picture = torch.randn(1, 3, 224, 224)
    if what == "export":
        picture.numpy().tofile(f"{folder}/picture.bin")
        torch.onnx.export(model, picture, f"{folder}/{name}.onnx", opset_version=17)
        print("{}")
        return
    form, rounds = sys.argv[4], int(sys.argv[5])
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    plain, seconds = [], []
    with torch.inference_mode():
        for _ in range(rounds + 1):
            started = time.perf_counter()
            model(picture)
            plain.append(time.perf_counter() - started)
    model = modified(model, form)
    for _ in range(rounds + 1):
        started = time.perf_counter()
        x = picture.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model(x).max(), x)
        relevance = x.detach() * gradient
        seconds.append(time.perf_counter() - started)
    relevance.numpy().tofile(f"{folder}/map.bin")
    # The first round warms up.
    print(json.dumps({"forward": plain[1:], "map": seconds[1:]}))


main()
