"""LitServe with the model: raw bodies, batches of waiting requests, and its queue for high rates. Argument: the port."""

import sys
from typing import Annotated

import litserve
import numpy as np
from fastapi import Body

from classifier import Classifier, decode


class Server(litserve.LitAPI):
    def setup(self, device):
        self.classifier = Classifier()

    def decode_request(self, request: Annotated[bytes, Body()]):
        return decode(request)

    def batch(self, inputs):
        return np.stack(inputs)

    def predict(self, x):
        return self.classifier.classify(x)

    def unbatch(self, output):
        return output

    def encode_response(self, output):
        return {"probabilities": output.tolist()}


if __name__ == "__main__":
    api = Server(max_batch_size=64, batch_timeout=0)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False, log_level="warning")
