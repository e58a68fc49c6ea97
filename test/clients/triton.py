"""tritonclient[http], the client of NVIDIA's Triton, against the service: prints what it was answered as JSON."""
import json
import sys

import numpy as np
from pixels import IMAGES
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

url, png = sys.argv[1], bytes.fromhex(sys.argv[2])
client = InferenceServerClient(url)


def infer(dtype: str, array: np.ndarray, binary: bool, **more):
    tensor = InferInput("images", array.shape, dtype)
    tensor.set_data_from_numpy(array, binary_data=binary)
    return client.infer("boots", [tensor], **more)


def refused(call) -> str:
    try:
        call()
    except InferenceServerException as error:
        return f"{error.status()} {error.message()}"
    return "not refused"


pixels = IMAGES.astype(np.uint8)
files = np.array([png, png], dtype=np.object_)
asked = [InferRequestedOutput("logits", binary_data=True), InferRequestedOutput("probabilities", binary_data=False)]
best = [InferRequestedOutput("probabilities", class_count=2)]
answers = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "modelReady": client.is_model_ready("boots", "1"),
    "unknownReady": client.is_model_ready("nothing"),
    "server": client.get_server_metadata(),
    "model": client.get_model_metadata("boots", "2"),
    "config": client.get_model_config("boots"),
    "configOfVersion": client.get_model_config("boots", "1"),
    "binary": infer("UINT8", pixels, True).as_numpy("probabilities").tolist(),
    "compressed": [
        infer("UINT8", pixels, binary, request_compression_algorithm=ask, response_compression_algorithm=answer)
        .as_numpy("probabilities")
        .tolist()
        for binary in (True, False)
        for ask in ("gzip", "deflate", None)
        for answer in ("gzip", "deflate", None)
    ],
    "compressedFiles": infer("BYTES", files, True, request_compression_algorithm="gzip").as_numpy("probabilities").tolist(),
    "json": infer("UINT8", pixels, False).as_numpy("probabilities").tolist(),
    "floats": infer("FP32", pixels.astype(np.float32), True).as_numpy("probabilities").tolist(),
    "longs": infer("INT64", IMAGES, True).as_numpy("probabilities").tolist(),
    "first": infer("UINT8", pixels, True, model_version="1").as_numpy("probabilities").tolist(),
    "files": infer("BYTES", files, True).as_numpy("probabilities").tolist(),
    "asked": infer("UINT8", pixels, True, outputs=asked).get_response(),
    "logits": infer("UINT8", pixels, True, outputs=asked).as_numpy("logits").tolist(),
    "best": infer("UINT8", pixels, True, outputs=best).as_numpy("probabilities").astype(str).tolist(),
    "id": infer("UINT8", pixels, True, request_id="r-7").get_response()["id"],
    "index": client.get_model_repository_index(),
    "loaded": client.load_model("boots"),
    "unloaded": client.unload_model("boots"),
    "answersAgain": infer("UINT8", pixels, True).as_numpy("probabilities").tolist(),
    "statistics": client.get_inference_statistics("boots", "2"),
    "refusals": [
        refused(lambda: infer("UINT8", pixels[:, 1:], True)),
        refused(lambda: infer("FP32", pixels.astype(np.float32) / 255, True)),
        refused(lambda: infer("FP32", np.full(pixels.shape, np.nan, np.float32), True)),
        refused(lambda: infer("UINT8", pixels, True, model_version="9")),
        refused(lambda: infer("UINT8", pixels, True, outputs=[InferRequestedOutput("embedding")])),
        refused(lambda: client.load_model("nothing")),
        refused(lambda: client.get_model_config("nothing")),
        refused(lambda: infer("UINT8", pixels, True, headers={"X-Request-Timeout-Ms": "0"})),
    ],
}
print(json.dumps(answers))
