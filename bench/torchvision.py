"""Writes torchvision's classifiers as ONNX files, each with two pictures, PyTorch's logits for them, and the gradient of
the first one's largest logit.

    /usr/bin/python3 bench/torchvision.py FOLDER [NAME ...]

FOLDER gets NAME.onnx, NAME.input.npy, NAME.logits.npy and NAME.gradient.npy. The weights are random, from a fixed seed: heads, norms and layer scales too, which
torchvision starts at 0, 1 or 1e-6. The running statistics of the batch normalisations are measured on random pictures
and made a little wrong, so that they matter. A network whose top logit is below 0.1, or of which a block of layers
changes what goes through it by less than a hundredth, is refused: it would show nothing.
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

# name, picture size, what is written beside the newest opset and an open batch: older opsets, and 'fixed', which is
# made for one picture
MODELS = [
    ("resnet18", 224, [9]),
    ("resnet50", 224, []),
    ("vgg16_bn", 224, []),
    ("densenet121", 224, []),
    ("mobilenet_v2", 224, [9]),
    ("mobilenet_v3_large", 224, [11, "fixed"]),
    ("efficientnet_b0", 224, []),
    ("inception_v3", 299, []),
    ("squeezenet1_1", 224, []),
    ("shufflenet_v2_x1_0", 224, [11, "fixed"]),
    ("regnet_y_400mf", 224, []),
    ("regnet_x_400mf", 224, []),
    ("googlenet", 224, [11, "fixed"]),
    ("alexnet", 224, []),
    ("vit_b_16", 224, [13]),
    ("swin_t", 224, [13]),
    ("convnext_tiny", 224, [13]),
    ("maxvit_t", 224, [13]),
    ("efficientnet_v2_s", 224, [13]),
]
NEWEST = 17


def build(name):
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(torchvision.models, name)(**options)


def measure(norm, inputs):
    """Give a batch normalisation the statistics of what it reads, a little wrong, before it normalises that."""
    (x,) = inputs
    deviation, mean = torch.std_mean(x, dim=(0, 2, 3))
    norm.running_mean.copy_(mean + 0.2 * deviation * torch.randn_like(mean))
    norm.running_var.copy_(deviation**2 * (0.6 + 0.8 * torch.rand_like(mean)))


def disturb(model, size):
    """Random scales, shifts and running statistics for every batch normalisation, each measured after those before it."""
    model.eval()
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for module in model.modules():
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.LayerNorm)):
            module.weight.data *= 0.7 + 0.6 * torch.rand_like(module.weight)
            module.bias.data += 0.1 * torch.randn_like(module.bias)
        if isinstance(module, torch.nn.Linear):
            if module.bias is not None:
                module.bias.data += 0.1 * torch.randn_like(module.bias)
            if not module.weight.any():
                torch.nn.init.trunc_normal_(module.weight, std=module.in_features**-0.5)
    for name, parameter in model.named_parameters():
        # Layer scales, position embeddings and their tables, class tokens.
        if name.endswith("layer_scale"):
            parameter.data = 0.3 * torch.randn_like(parameter)
        elif name.endswith(("pos_embedding", "class_token", "relative_position_bias_table")):
            parameter.data = 0.2 * torch.randn_like(parameter)
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]
    with torch.no_grad():
        model(torch.randn(4, 3, size, size))
    for hook in hooks:
        hook.remove()
    return model


def checked(name, model, pictures):
    """The logits, where the network is one that shows something."""
    idle = []

    def compare(block, inputs, output):
        (x,) = inputs
        if x.shape == output.shape and not (output - x).norm() > 0.01 * x.norm():
            idle.append(type(block).__name__)

    blocks = ("EncoderBlock", "SwinTransformerBlock", "CNBlock", "PartitionAttentionLayer", "MBConv", "FusedMBConv")
    hooks = [m.register_forward_hook(compare) for m in model.modules() if type(m).__name__ in blocks]
    logits = model(pictures)
    for hook in hooks:
        hook.remove()
    if idle or not logits.abs().max() >= 0.1:
        raise SystemExit(f"{name} shows nothing: top logit {logits.abs().max():.3g}, idle blocks {idle}")
    return logits


def write(folder, name, size, others):
    torch.manual_seed(1)
    model = disturb(build(name), size)
    pictures = torch.randn(2, 3, size, size)
    with torch.no_grad():
        logits = checked(name, model, pictures)
    first = pictures[:1].clone().requires_grad_()
    model(first).max().backward()
    forms = {"": NEWEST, **{f".{'' if form == 'fixed' else 'opset'}{form}": form for form in others}}
    for suffix, form in forms.items():
        path = f"{folder}/{name}{suffix}"
        fixed = form == "fixed"
        torch.onnx.export(
            model,
            pictures[:1] if fixed else pictures,
            f"{path}.onnx",
            opset_version=NEWEST if fixed else form,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            input_names=["pictures"],
            output_names=["logits"],
            dynamic_axes=None if fixed else {"pictures": {0: "batch"}, "logits": {0: "batch"}},
        )
        numpy.save(f"{path}.input.npy", pictures.numpy())
        numpy.save(f"{path}.logits.npy", logits.numpy())
        numpy.save(f"{path}.gradient.npy", first.grad.numpy())
        print(path, flush=True)


if __name__ == "__main__":
    folder, wanted = sys.argv[1], sys.argv[2:]
    for name, size, others in MODELS:
        if not wanted or name in wanted:
            write(folder, name, size, others)
