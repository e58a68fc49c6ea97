"""BentoML with the model and its adaptive batching, which takes lists: a form with one file is the form nearest to a raw body."""

import bentoml
import numpy as np
from PIL.Image import Image

from classifier import Classifier


@bentoml.service(workers=1)
class Server:
    def __init__(self):
        self.classifier = Classifier()

    @bentoml.api(batchable=True, max_batch_size=64)
    def predict(self, images: list[Image]) -> list[list[float]]:
        return self.classifier.classify(np.stack([np.asarray(image.convert("L")) for image in images])).tolist()
