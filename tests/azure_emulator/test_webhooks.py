import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.azure_emulator.conftest import Client, place


class Listener:
    """An address that hears what the emulator tells."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes, str]] = []
        heard = self.heard

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append(
                    (
                        self.headers["X-MicrosoftSpeechServices-Event"],
                        body,
                        self.headers.get("X-MicrosoftSpeechServices-Signature", ""),
                    )
                )
                token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(token.encode() if "deaf" not in self.path else b"?")

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def wait(self, event: str) -> tuple[str, bytes, str]:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for each in self.heard:
                if each[0] == event:
                    return each
            time.sleep(0.01)
        raise AssertionError(f"{event} was not told: {self.heard}")


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


def hook(client: Client, url: str) -> dict[str, Any]:
    body = {"displayName": "h", "webUrl": url, "events": {"datasetCompletion": True}, "properties": {"secret": "s"}}
    answer = client.call("POST", "webhooks", body)
    assert answer.status_code == 201, answer.text
    assert "secret" not in answer.text
    return client.ended(answer.json())


def test_an_address_that_answers_the_challenge_is_told_with_a_signature(client: Client, listener: Listener) -> None:
    made = hook(client, f"{listener.address}/hook?x=1")

    dataset = client.dataset("Language", b"zebra")

    assert made["status"] == "Succeeded"
    _, body, signature = listener.wait("DatasetCompletion")
    assert signature == base64.b64encode(hmac.new(b"s", body, hashlib.sha256).digest()).decode()
    assert json.loads(body)["self"] == dataset["self"]
    assert "DatasetProcessing" not in [event for event, *_ in listener.heard]
    assert client.call("POST", f"{place(made)}:ping").status_code == 202
    listener.wait("Ping")
    assert client.call("DELETE", place(made)).status_code == 204


def test_an_address_that_does_not_answer_is_not_registered(client: Client, listener: Listener) -> None:
    for url in (f"{listener.address}/deaf", "http://127.0.0.1:1/nobody"):
        assert hook(client, url)["properties"]["error"]["code"] == "InvalidCallbackUri"
