"""The paper's four networks in PyTorch, as functions of pictures and weights by name, with Caffe's semantics."""

import torch
import torch.nn.functional as F


class Network:
    """`weights` by name, as `<layer>.weight` and `<layer>.bias`; `dropout` and the `heads` that help as in training, or off.

    Layers come in the order in which regard has them.
    """

    def __init__(self, weights, dropout, heads):
        self.weights = weights
        self.dropout = dropout
        self.heads = heads

    def conv(self, x, name, stride=1, padding=0, groups=1):
        weights = self.weights
        return self.relu(F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride, padding, 1, groups))

    def fc(self, x, name):
        return F.linear(x.flatten(1), self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def relu(self, x):
        return F.relu(x)

    def pool(self, x, kernel=3, stride=2, padding=0):
        return F.max_pool2d(x, kernel, stride, padding, ceil_mode=True)

    def drop(self, x, ratio=0.5):
        return F.dropout(x, ratio, self.dropout)

    def classifier(self, x):
        x = self.drop(self.relu(self.fc(x, "fc6")))
        x = self.drop(self.relu(self.fc(x, "fc7")))
        return [self.fc(x, "fc8")]

    def adiencenet(self, x):
        x = lrn(self.pool(self.conv(x, "conv1", 4)))
        x = lrn(self.pool(self.conv(x, "conv2", padding=2)))
        return self.classifier(self.pool(self.conv(x, "conv3", padding=1)))

    def caffenet(self, x):
        x = lrn(self.pool(self.conv(x, "conv1", 4)))
        x = lrn(self.pool(self.conv(x, "conv2", padding=2, groups=2)))
        x = self.conv(x, "conv3", padding=1)
        x = self.conv(x, "conv4", padding=1, groups=2)
        return self.classifier(self.pool(self.conv(x, "conv5", padding=1, groups=2)))

    def vgg16(self, x):
        for block, count in enumerate([2, 2, 3, 3, 3], 1):
            for k in range(1, count + 1):
                x = self.conv(x, f"conv{block}_{k}", padding=1)
            x = self.pool(x, 2)
        return self.classifier(x)

    def googlenet(self, x):
        x = lrn(self.pool(self.conv(x, "conv1/7x7_s2", 2, 3)))
        x = self.pool(lrn(self.conv(self.conv(x, "conv2/3x3_reduce"), "conv2/3x3", padding=1)))
        heads = []
        for name in ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]:
            x = self.inception(x, f"inception_{name}")
            if self.heads and name in ("4a", "4d"):
                heads.append(self.head(x, f"loss{len(heads) + 1}"))
            if name in ("3b", "4e"):
                x = self.pool(x)
        return [self.fc(self.drop(x.mean((2, 3)), 0.4), "loss3/classifier"), *heads]

    def inception(self, x, name):
        def at(kind):
            return f"{name}/{kind}"

        return torch.cat(
            [
                self.conv(x, at("1x1")),
                self.conv(self.conv(x, at("3x3_reduce")), at("3x3"), padding=1),
                self.conv(self.conv(x, at("5x5_reduce")), at("5x5"), padding=2),
                self.conv(self.pool(x, 3, 1, 1), at("pool_proj")),
            ],
            1,
        )

    def head(self, x, name):
        x = self.conv(F.avg_pool2d(x, 5, 3, ceil_mode=True), f"{name}/conv")
        return self.fc(self.drop(self.relu(self.fc(x, f"{name}/fc")), 0.7), f"{name}/classifier")


def lrn(x):
    return F.local_response_norm(x, 5, 1e-4, 0.75)
