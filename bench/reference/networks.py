"""The tutorial's two networks in PyTorch: the independent side of every comparison. Module names are the tutorial's."""

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """relu(F(x) + x); a 1x1 convolution, with a bias and without BatchNorm, brings x to F's shape where it must."""

    def __init__(self, inputs, outputs, project=False, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, stride=stride)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv3 = nn.Conv2d(inputs, outputs, 1, stride=stride) if project else None
        self.bn1 = nn.BatchNorm2d(outputs)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.conv3 is None else self.conv3(x)))


class DenseBlock(nn.Module):
    """Each layer sees the outputs of all before it, side by side in the channels."""

    def __init__(self, layers, inputs, growth):
        super().__init__()
        self.net = nn.ModuleList(normalized_conv(inputs + i * growth, growth, 3) for i in range(layers))

    def forward(self, x):
        for layer in self.net:
            x = torch.cat((x, layer(x)), dim=1)
        return x


class GlobalAvgPool2d(nn.Module):
    def forward(self, x):
        return F.avg_pool2d(x, kernel_size=x.shape[2:])


def normalized_conv(inputs, outputs, kernel):
    return nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2))


def transition(inputs, outputs):
    return nn.Sequential(*normalized_conv(inputs, outputs, 1), nn.AvgPool2d(2, 2))


def stem(channels):
    return nn.Sequential(nn.Conv2d(1, channels, 7, stride=2, padding=3), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(3, 2, 1))


def add_classifier(net, features, classes):
    net.add_module("global_avg_pool", GlobalAvgPool2d())
    net.add_module("fc", nn.Sequential(nn.Flatten(), nn.Linear(features, classes)))
    return net


def resnet(classes=10):
    net = stem(64)
    inputs = 64
    for i, outputs in enumerate((64, 128, 256, 512)):
        first = Residual(64, 64) if i == 0 else Residual(inputs, outputs, project=True, stride=2)
        net.add_module(f"resnet_block{i + 1}", nn.Sequential(first, Residual(outputs, outputs)))
        inputs = outputs
    return add_classifier(net, inputs, classes)


def densenet(classes=10, blocks=4, layers=4, growth=32):
    net = stem(64)
    channels = 64
    for i in range(blocks):
        net.add_module(f"DenseBlosk_{i}", DenseBlock(layers, channels, growth))
        channels += layers * growth
        if i < blocks - 1:
            net.add_module(f"transition_block_{i}", transition(channels, channels // 2))
            channels //= 2
    net.add_module("BN", nn.BatchNorm2d(channels))
    net.add_module("relu", nn.ReLU())
    return add_classifier(net, channels, classes)


NETWORKS = {"resnet": resnet, "densenet": densenet}
