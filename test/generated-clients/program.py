"""Trains, follows and predicts with a client that openapi-python-client generates: program.py <document> <address> <PNG file>."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

document, address, picture = sys.argv[1:]
folder = tempfile.mkdtemp(prefix="trainyard-python-client-")
config = Path(folder, "config.yaml")
config.write_text("post_hooks: []\n")
generated = subprocess.run(
    [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--path", document]
    + ["--output-path", str(Path(folder, "trainyard_client")), "--config", str(config)],
    capture_output=True,
    text=True,
)
if generated.returncode != 0:
    sys.exit(generated.stdout + generated.stderr)
sys.path.insert(0, folder)

from trainyard_client import Client, models  # noqa: E402
from trainyard_client.api.jobs import follow_events, submit_job  # noqa: E402
from trainyard_client.api.datasets import list_datasets  # noqa: E402
from trainyard_client.api.predict import draw_map, predict  # noqa: E402
from trainyard_client.types import File  # noqa: E402

NAME = "generated-python"
client = Client(base_url=address)
request = models.ResnetJobRequest.from_dict(
    {
        "network": "resnet",
        "name": NAME,
        "networkOptions": {"width": 8, "blocks": [1]},
        "dataset": {"name": "synthetic", "resize": 8, "trainSamples": 64, "testSamples": 32},
        "optimizer": {"name": "sgd", "momentum": 0.9},
        "schedule": {"name": "cosine"},
        "batchSize": 32,
        "epochs": 2,
    }
)
job = submit_job.sync(client=client, body=request)
assert isinstance(job, models.Job), job


FRAMES = {
    "status": models.StatusFrame,
    "change": models.ChangeFrame,
    "resume": models.ResumeFrame,
    "start": models.StartFrame,
    "step": models.StepFrame,
    "epoch": models.EpochFrame,
    "end": models.EndFrame,
    "gap": models.GapFrame,
}


def follow(job_id):
    """Yields the frames of a job from its server-sent events."""
    with client.get_httpx_client().stream(**follow_events._get_kwargs(job_id)) as response:
        for line in response.iter_lines():
            if line.startswith("data: "):
                frame = json.loads(line.removeprefix("data: "))
                yield FRAMES[frame["type"]].from_dict(frame)


frames = list(follow(str(job.id)))


def predicted(body):
    answer = predict.sync(client=client, body=body, model=NAME, top_k=2)
    assert isinstance(answer, models.PredictResponse), answer
    return [[each.to_dict() for each in image] for image in answer.predictions]


image = Path(picture).read_bytes()
page = list_datasets.sync(client=client, limit=1)
assert isinstance(page, models.DatasetPage), page
# The generator leaves out answers that are images: their bytes are the content of the detailed answer.
drawn = draw_map.sync_detailed(client=client, body=File(payload=image), model=NAME)
refused = submit_job.sync(client=client, body=models.ResnetJobRequest(network="resnet", epochs=0))
print(
    json.dumps(
        {
            "optimizer": job.spec.optimizer.name,
            "epochs": [frame.test_accuracy for frame in frames if isinstance(frame, models.EpochFrame)],
            "end": [frame.status.value for frame in frames if isinstance(frame, models.EndFrame)],
            "raw": predicted(File(payload=image)),
            "map": [drawn.status_code, drawn.content[1:4].decode("latin-1")],
            "form": predicted(models.PredictFilesBody(images=[File(payload=image, file_name="image.png")] * 2, top_k=2)),
            "refusal": {"code": refused.code, "errors": [each.pointer for each in refused.errors]},
            "notGenerated": [line for line in generated.stdout.splitlines() if "will not be generated" in line],
        }
    )
)
