"""One epoch of the tutorial's script in PyTorch, with its own loader and loop. Prints one line of JSON.

Follows the tutorial and its library (d2lzh_pytorch): Pillow resizes each image, four workers load batches, the sums of loss and
accuracy are read back after each batch, and the network has PyTorch's default layout. A few lines below replace torchvision,
from which the tutorial uses only the data set and its transforms.
"""

import argparse
import gzip
import json
import pathlib
import time

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Subset

from measurement import build

WORKERS = 4


class FashionMnist(Dataset):
    """torchvision.datasets.FashionMNIST with the transforms Resize(size) and ToTensor()."""

    def __init__(self, folder, part, size):
        self.data = read_idx(folder, f"{part}-images-idx3-ubyte", 16).reshape(-1, 28, 28)
        self.targets = read_idx(folder, f"{part}-labels-idx1-ubyte", 8).long()
        self.size = size

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        image = Image.fromarray(self.data[index].numpy())
        image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(image, np.uint8, copy=True))
        return pixels.view(self.size, self.size, 1).permute(2, 0, 1).contiguous().to(torch.float32).div(255), int(self.targets[index])


def read_idx(folder, name, header):
    """Returns the bytes of an idx file after its header. The file may be compressed, and lie in `folder` or in its fashion-mnist."""
    for path in (folder / "fashion-mnist" / name, folder / name):
        if path.exists():
            return torch.from_numpy(np.frombuffer(path.read_bytes(), np.uint8, offset=header).copy())
        if path.with_name(name + ".gz").exists():
            data = gzip.decompress(path.with_name(name + ".gz").read_bytes())
            return torch.from_numpy(np.frombuffer(data, np.uint8, offset=header).copy())
    raise SystemExit(f"{name} is not in {folder}.")


def load_data_fashion_mnist(folder, batch_size, resize, samples):
    train = Subset(FashionMnist(folder, "train", resize), range(samples[0]))
    test = Subset(FashionMnist(folder, "t10k", resize), range(samples[1]))
    return (
        DataLoader(train, batch_size=batch_size, shuffle=True, num_workers=WORKERS),
        DataLoader(test, batch_size=batch_size, shuffle=False, num_workers=WORKERS),
    )


def evaluate_accuracy(data_iter, net, device):
    acc_sum, n = 0.0, 0
    with torch.no_grad():
        for X, y in data_iter:
            net.eval()
            acc_sum += (net(X.to(device)).argmax(dim=1) == y.to(device)).float().sum().cpu().item()
            net.train()
            n += y.shape[0]
    return acc_sum / n


def train_ch5(net, train_iter, test_iter, optimizer, device):
    """Trains one epoch and returns the figures that the tutorial prints. Measures the same time span as the tutorial."""
    net = net.to(device)
    loss = torch.nn.CrossEntropyLoss()
    train_l_sum, train_acc_sum, n, batch_count, start = 0.0, 0.0, 0, 0, time.time()
    for X, y in train_iter:
        X = X.to(device)
        y = y.to(device)
        y_hat = net(X)
        l = loss(y_hat, y)
        optimizer.zero_grad()
        l.backward()
        optimizer.step()
        train_l_sum += l.cpu().item()
        train_acc_sum += (y_hat.argmax(dim=1) == y).sum().cpu().item()
        n += y.shape[0]
        batch_count += 1
    test_acc = evaluate_accuracy(test_iter, net, device)
    return {
        "seconds": time.time() - start,
        "trainLoss": train_l_sum / batch_count,
        "trainAccuracy": train_acc_sum / n,
        "testAccuracy": test_acc,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--network", required=True)
    parser.add_argument("--parameters", type=int, required=True)
    parser.add_argument("--resize", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--train-samples", type=int, required=True)
    parser.add_argument("--test-samples", type=int, required=True)
    options = parser.parse_args()

    net = build(options.network, options.parameters)
    samples = options.train_samples, options.test_samples
    train_iter, test_iter = load_data_fashion_mnist(options.folder, options.batch, options.resize, samples)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    scores = train_ch5(net, train_iter, test_iter, optimizer, torch.device("cpu"))
    print(json.dumps({**scores, "version": torch.__version__}))
