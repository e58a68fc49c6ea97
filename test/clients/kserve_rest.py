"""KServe's inference client, in both protocols that it speaks, against the service: prints what it was answered as JSON."""
import asyncio
import json
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from pixels import IMAGES

url = sys.argv[1]


async def main() -> None:
    v2 = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    v1 = InferenceRESTClient(RESTConfig(protocol="v1", retries=0))

    async def infer(binary: bool, model: str = "boots", **more) -> list:
        tensor = InferInput("images", list(IMAGES.shape), "UINT8")
        tensor.set_data_from_numpy(IMAGES.astype(np.uint8), binary_data=binary)
        request = InferRequest(model_name=model, infer_inputs=[tensor], **more)
        response = await v2.infer(url, request, model_name=model)
        return response.outputs[0].as_numpy().tolist()

    async def refused(call) -> str:
        try:
            await call
        except Exception as error:
            return str(error)
        return "not refused"

    answers = {
        "live": await v2.is_server_live(url),
        "ready": await v2.is_server_ready(url),
        "modelReady": await v2.is_model_ready(url, "boots"),
        "json": await infer(False),
        "binary": await infer(True),
        "binaryBothWays": await infer(True, parameters={"binary_data_output": True}),
        "named": await infer(True, request_outputs=[RequestedOutput("probabilities", parameters={"binary_data": True})]),
        "v1": await v1.infer(url, {"instances": IMAGES.tolist()}, model_name="boots"),
        "refusals": [
            await refused(infer(True, model="nothing")),
            await refused(v1.infer(url, {"instances": [[1]]}, model_name="boots")),
        ],
    }
    print(json.dumps(answers))


asyncio.run(main())
