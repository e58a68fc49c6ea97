"""The networks in PyTorch, as an independent reference: the tutorial's two networks with the tutorial's module names, and the
ResNets (He et al. 2015, arXiv:1512.03385) and DenseNets (Huang et al. 2016, arXiv:1608.06993) of the papers with the module
names of torchvision, so that one state_dict fits either.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Residual(nn.Module):
    """relu(F(x) + x). With `project`, a 1x1 convolution with a bias and without BatchNorm gives x the shape of F(x)."""

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
    """The input of each layer is the outputs of all previous layers, concatenated by channel."""

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


class Basic(nn.Module):
    """Two 3x3 convolutions. If the shape changes, a 1x1 convolution with BatchNorm gives x the new shape."""

    expansion = 1

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = conv(inputs, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = downsample(inputs, width, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1x1 to fewer channels, 3x3 (which has the stride), 1x1 to four times as many."""

    expansion = 4

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = conv(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, 4 * width, 1)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = downsample(inputs, 4 * width, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)


def downsample(inputs, outputs, stride):
    if inputs == outputs and stride == 1:
        return None
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class PaperResNet(nn.Module):
    def __init__(self, block, blocks, classes, channels, width=64):
        super().__init__()
        self.conv1 = conv(channels, width, 7, stride=2)
        self.bn1 = nn.BatchNorm2d(width)
        self.stages = len(blocks)
        inputs = width
        for stage, count in enumerate(blocks):
            layers = []
            for i in range(count):
                layers.append(block(inputs, width << stage, stride=2 if i == 0 and stage > 0 else 1))
                inputs = block.expansion * width << stage
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean((2, 3)))


class DenseLayer(nn.Module):
    """BatchNorm, ReLU, 1x1 convolution to four times the growth; BatchNorm, ReLU, 3x3 convolution to the growth."""

    def __init__(self, inputs, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = conv(inputs, 4 * growth, 1)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = conv(4 * growth, growth, 3)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        return torch.cat((x, self.conv2(F.relu(self.norm2(y)))), dim=1)


class Transition(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = conv(inputs, outputs, 1)

    def forward(self, x):
        return F.avg_pool2d(self.conv(F.relu(self.norm(x))), 2, 2)


class PaperDenseNet(nn.Module):
    def __init__(self, growth, blocks, width, classes, channels):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", conv(channels, width, 7, stride=2))
        self.features.add_module("norm0", nn.BatchNorm2d(width))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.MaxPool2d(3, 2, 1))
        features = width
        for i, layers in enumerate(blocks):
            block = nn.Sequential()
            for layer in range(layers):
                block.add_module(f"denselayer{layer + 1}", DenseLayer(features + layer * growth, growth))
            self.features.add_module(f"denseblock{i + 1}", block)
            features += layers * growth
            if i < len(blocks) - 1:
                self.features.add_module(f"transition{i + 1}", Transition(features, features // 2))
                features //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(features))
        self.classifier = nn.Linear(features, classes)

    def forward(self, x):
        return self.classifier(F.relu(self.features(x)).mean((2, 3)))


def paper_resnet(block, *blocks):
    return lambda classes=10, channels=1: PaperResNet(block, blocks, classes, channels)


def paper_densenet(growth, blocks, width):
    return lambda classes=10, channels=1: PaperDenseNet(growth, blocks, width, classes, channels)


# Keys are variants. The tutorial's variants have the name of the network.
NETWORKS = {
    "resnet": resnet,
    "resnet18": paper_resnet(Basic, 2, 2, 2, 2),
    "resnet34": paper_resnet(Basic, 3, 4, 6, 3),
    "resnet50": paper_resnet(Bottleneck, 3, 4, 6, 3),
    "resnet101": paper_resnet(Bottleneck, 3, 4, 23, 3),
    "resnet152": paper_resnet(Bottleneck, 3, 8, 36, 3),
    "densenet": densenet,
    "densenet121": paper_densenet(32, (6, 12, 24, 16), 64),
    "densenet161": paper_densenet(48, (6, 12, 36, 24), 96),
    "densenet169": paper_densenet(32, (6, 12, 32, 32), 64),
    "densenet201": paper_densenet(32, (6, 12, 48, 32), 64),
}
