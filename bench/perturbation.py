"""Seconds of pixel flipping in both orders in PyTorch, with GoogLeNet.

Arguments: a JSON object with `weights` (name and shape of each), the number of `pictures` of `size` pixels, the `steps`, the
`batch` and the `class`; and a folder with the numbers of the weights, of the pictures and of their maps in `weights.bin`,
`pictures.bin` and `maps.bin`. Prints, as a JSON object, the `seconds` and the `scores`: for each picture those of the most
relevant pixels first, then those of the least relevant first, each beginning with the whole picture.

Written as one writes it plainly: a copy of the picture loses its pixels, and what it is after each step goes into the next
batch. Pictures and weights lie with their channels last, which is faster for GoogLeNet by a quarter (see `scoring.py`).
"""

import json
import sys
import time

import torch
from networks import Network
from peer import read_tensors

plan, folder = json.loads(sys.argv[1]), sys.argv[2]
count, size, steps, batch = plan["pictures"], plan["size"], plan["steps"], plan["batch"]
layout = torch.channels_last
weights = {
    name: tensor.contiguous(memory_format=layout) if tensor.dim() == 4 else tensor
    for name, tensor in read_tensors(f"{folder}/weights.bin", plan["weights"]).items()
}
network = Network(weights, dropout=False, heads=False)
pictures = read_tensors(f"{folder}/pictures.bin", [("pictures", [count, 3, size, size])])["pictures"]
maps = read_tensors(f"{folder}/maps.bin", [("maps", [count, size * size])])["maps"]


def scores_of(batch_of_pictures):
    x = torch.stack(batch_of_pictures).contiguous(memory_format=layout)
    return network.googlenet(x)[0][:, plan["class"]].tolist()


def curve(picture, order):
    copy = picture.clone()
    flat = copy.view(3, -1)
    scores, waiting = [], [copy.clone()]
    for k in range(steps):
        # As Math.round rounds: halves up.
        begin, end = (int(j * order.numel() / steps + 0.5) for j in (k, k + 1))
        flat[:, order[begin:end]] = 0
        waiting.append(copy.clone())
        if len(waiting) == batch:
            scores += scores_of(waiting)
            waiting = []
    return scores + (scores_of(waiting) if waiting else [])


with torch.inference_mode():
    for _ in range(3):
        scores_of([pictures[0]] * batch)
    started = time.perf_counter()
    scores = []
    for picture, map_ in zip(pictures, maps):
        order = map_.argsort(descending=True)
        scores += curve(picture, order) + curve(picture, order.flip(0))
    seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "scores": scores}))
