"""BentoML with the model and adaptive batching. Batching needs lists, so that clients send a form with one file, not a raw body."""

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
