"""requests and httpx, whose requests are refused while their bodies are on their way: prints what they were answered as JSON."""
import json
import sys

import httpx
import requests

url = sys.argv[1]
MANY = 3_500_000
MOST = 24_000_000
SPEC = json.dumps({"network": "vgg"})
FORM = {"content-type": "multipart/form-data; boundary=x"}
HEAD = (
    f'--x\r\ncontent-disposition: form-data; name="spec"\r\n\r\n{SPEC}\r\n'
    '--x\r\ncontent-disposition: form-data; name="weights"; filename="w"\r\n\r\n'
).encode()


def chunks(head: bytes, size: int):
    yield head
    for _ in range(size // 2**16):
        yield bytes(2**16)
    yield b"\r\n--x--\r\n"


def asked(name: str, client, body: str) -> list:
    def post(what: str, path: str, data, headers: dict) -> list:
        answer = client.post(url + path, **{body: data}, headers=headers)
        return [name, what, answer.status_code, answer.json()["detail"]]

    weights = HEAD + bytes(MANY) + b"\r\n--x--\r\n"
    png = {"content-type": "image/png"}
    return [
        post("import", "/models", weights, FORM),
        post("import in chunks", "/models", chunks(HEAD, MANY), FORM),
        post("unknown path", "/nowhere", bytes(MOST), png),
        post("unknown path in chunks", "/nowhere", chunks(b"x", MOST), png),
        post("type", "/predict", bytes(MOST), {"content-type": "text/plain"}),
        post("size", "/predict", bytes(MOST), png),
        post("size in chunks", "/predict", chunks(b"x", MOST), png),
        [name, "next", client.get(f"{url}/livez").status_code, client.get(f"{url}/livez").text],
    ]


with requests.Session() as session, httpx.Client(timeout=120) as client:
    print(json.dumps(asked("requests", session, "data") + asked("httpx", client, "content")))
