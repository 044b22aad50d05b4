import base64
import http.server
import threading
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.azure_emulator.blocks import MOST_BYTES
from tests.azure_emulator.conftest import BYTES, Client, id_of, place, ref, spoken, tone, zipped
from tests.azure_emulator.options import CONTRACT


def block(number: int) -> str:
    return base64.b64encode(f"{number:04}".encode()).decode()


def put(client: Client, dataset: Any, id: str, content: bytes) -> int:
    path = f"{place(dataset)}/blocks"
    return client.call("PUT", path, content=content, query={"blockid": id}, headers=BYTES).status_code


def commit(client: Client, dataset: Any, *ids: str, kind: str = "Uncommitted") -> int:
    blocks = [{"kind": kind, "id": id} for id in ids]
    return client.call("POST", f"{place(dataset)}/blocks:commit", blocks).status_code


def test_blocks_come_in_any_order_and_the_list_puts_them_together(client: Client) -> None:
    dataset = client.made("datasets", kind="Language")
    assert put(client, dataset, block(2), b"second line\n") == 201
    assert put(client, dataset, block(1), b"to be replaced") == 201
    assert put(client, dataset, block(1), b"first line\n") == 201
    listed = client.call("GET", f"{place(dataset)}/blocks").json()
    assert listed == {
        "committedBlocks": [],
        "uncommittedBlocks": [{"name": block(2), "size": 12}, {"name": block(1), "size": 11}],
    }

    assert commit(client, dataset, block(1), block(2)) == 200

    assert client.ended(dataset)["properties"]["acceptedLineCount"] == 2
    listed = client.call("GET", f"{place(dataset)}/blocks").json()
    assert [each["name"] for each in listed["committedBlocks"]] == [block(1), block(2)]
    files = client.call("GET", f"{place(dataset)}/files").json()["values"]
    data = next(file for file in files if file["kind"] == "LanguageData")
    assert client.http.get(data["links"]["contentUrl"]).content == b"first line\nsecond line\n"
    assert data["properties"]["size"] == 23


def test_what_is_no_block(client: Client) -> None:
    dataset = client.made("datasets", kind="Language")
    assert put(client, dataset, block(1), b"x") == 201
    for id, content in (
        ("no base64!", b"x"),
        ("", b"x"),
        (base64.b64encode(b"x" * 65).decode(), b"x"),
        (base64.b64encode(b"another length").decode(), b"x"),
        (block(2), b""),
        (block(2), b"x" * (MOST_BYTES + 1)),
    ):
        assert put(client, dataset, id, content) == 400
    assert put(client, dataset, block(2), b"x" * MOST_BYTES) == 201
    assert commit(client, dataset, block(3)) == 400
    assert commit(client, dataset, block(1), kind="Committed") == 400
    assert commit(client, dataset) == 400
    assert client.call("GET", place(dataset)).json()["status"] == "NotStarted"
    assert commit(client, dataset, block(1)) == 200
    assert commit(client, dataset, block(1)) == 409
    assert put(client, dataset, block(1), b"x") == 409
    assert put(client, {"self": "http://x/speechtotext/datasets/none"}, block(1), b"x") == 404


def test_a_dataset_waits_for_its_blocks_and_can_be_deleted_meanwhile(client: Client) -> None:
    dataset = client.made("datasets", kind="Language")

    assert dataset["status"] == "NotStarted"
    assert "Retry-After" not in client.call("GET", place(dataset)).headers
    # As in the example of the contract the links of a block upload have the query twice.
    assert dataset["links"]["files"].count("?api-version=") == 2
    assert client.call("DELETE", place(dataset)).status_code == 204
    assert client.call("DELETE", place(dataset)).status_code == 204
    assert client.call("GET", place(dataset)).status_code == 404


def test_running_datasets_say_when_to_ask_again_and_are_not_deleted(start: Callable[..., Client]) -> None:
    client = start(pace=3.0)
    dataset = client.made("datasets", kind="Language")
    client.upload(dataset, b"a line")

    answer = client.call("GET", place(dataset))

    assert answer.headers["Retry-After"] == "3"
    assert client.call("GET", "datasets").headers["Retry-After"] == "3"
    refused = client.call("DELETE", place(dataset))
    assert (refused.status_code, refused.json()["innerError"]["code"]) == (409, "InUseViolation")
    assert client.call("GET", f"{place(dataset)}/files").json() == {"values": []}


def test_audio_with_transcripts(client: Client) -> None:
    archive = zipped(
        {
            "trans.txt": "\n".join(
                (
                    "right.wav\tright",
                    "narrow.wav\tnarrow band",
                    "missing.wav\tnot there",
                    "no tab at all",
                    "silent.wav\t ",
                    "stereo.wav\ttwo channels",
                    "cd.wav\t44.1 kHz",
                    "coarse.wav\t8 bits",
                    "empty.wav\tnothing",
                    "text.wav\tno audio",
                    "right.wav\tright again",
                    "",
                )
            ).encode(),
            "right.wav": tone(0.5),
            "narrow.wav": tone(0.5, rate=8_000),
            "silent.wav": tone(0.2),
            "stereo.wav": tone(0.2, channels=2),
            "cd.wav": tone(0.2, rate=44_100),
            "coarse.wav": tone(0.2, width=1),
            "empty.wav": tone(0),
            "text.wav": b"RIFF but no more",
            "spare.wav": tone(0.2),
        }
    )

    dataset = client.dataset("Acoustic", archive)

    assert dataset["status"] == "Succeeded"
    assert dataset["properties"] == {"acceptedLineCount": 2, "rejectedLineCount": 9, "durationMilliseconds": 1000}
    report = client.content(dataset, "report.json")
    assert report["rejectedLineCount"] == 9
    reasons = "\n".join(report["messages"])
    for reason in (
        "trans.txt:3: missing.wav is not in the zip",
        "trans.txt:4: no tab",
        "trans.txt:5: no text",
        "stereo.wav: 2 channels instead of 1",
        "cd.wav: 44100 Hz instead of 8000 or 16000",
        "coarse.wav: 8 bits a sample instead of 16",
        "empty.wav: it holds no audio",
        "text.wav: not a RIFF WAV file",
        "trans.txt:11: right.wav occurs twice",
        "spare.wav: the transcript does not name it",
    ):
        assert reason in reasons


@pytest.mark.parametrize(
    ("kind", "locale", "content", "code"),
    [
        ("Acoustic", "en-US", b"no zip", "DataImportFailed"),
        ("Acoustic", "en-US", spoken()[:-30], "DataImportFailed"),
        ("Acoustic", "en-US", zipped({"one.wav": tone()}), "DataImportFailed"),
        ("Acoustic", "en-US", zipped({"in/trans.txt": b"one.wav\tx", "in/one.wav": tone()}), "DataImportFailed"),
        ("Acoustic", "en-US", zipped({"trans.txt": b"one.wav\tx"}), "DataImportFailed"),
        ("Acoustic", "en-US", zipped({str(number): b"" for number in range(10_001)}), "DataImportFailed"),
        ("Acoustic", "de-DE", spoken({"one.wav": "hallo"}), "NoUtf8WithBom"),
        ("Language", "de-DE", b"hallo", "NoUtf8WithBom"),
        ("Language", "en-US", b"caf\xe9", "NoUtf8WithBom"),
        ("Language", "en-US", b"http://example.org/\n", "DataImportFailed"),
        ("LanguageMarkdown", "de-DE", b"# x\n- hallo", "NoUtf8WithBom"),
        ("Pronunciation", "es-ES", b"CNTK\tc n t k", "NoUtf8WithBom"),
        ("Pronunciation", "en-US", b"CNTK\tc n t k\n" * 90_000, "DataImportFailed"),
    ],
    ids=range(13),
)
def test_what_fails_to_import(client: Client, kind: str, locale: str, content: bytes, code: str) -> None:
    dataset = client.dataset(kind, content, locale=locale)

    assert dataset["status"] == "Failed"
    assert dataset["properties"]["error"]["code"] == code
    assert dataset["properties"]["error"]["message"] == client.content(dataset, "report.json")["error"]


def test_text_is_judged_line_by_line(client: Client) -> None:
    lines = "a plain line\n\nsee www.example.org\nno no no no\nno no no\nna\u00efve\nand the last\n"

    english = client.dataset("Language", BOM_UTF8 + lines.encode())
    spanish = client.dataset("Language", BOM_UTF8 + "\u00a1ma\u00f1ana!\nwww.x.es\n".encode(), locale="es-ES")

    assert english["properties"]["acceptedLineCount"] == 3
    assert english["properties"]["rejectedLineCount"] == 3
    assert spanish["properties"]["acceptedLineCount"] == 1
    assert spanish["properties"]["rejectedLineCount"] == 1


def test_structured_text_and_pronunciations(client: Client) -> None:
    structured = (
        b"@ list town =\n- oslo\n- bergen\n// a comment\n\n# Lines\n- go to {@town}\n- to {@nowhere}\n- stop\nx\n"
    )

    text = client.dataset("LanguageMarkdown", structured)
    words = client.dataset("Pronunciation", b"CNTK\tc n t k\nno tab\nIEEE\ti triple e\n")

    assert text["properties"]["acceptedLineCount"] == 3
    assert text["properties"]["rejectedLineCount"] == 2
    assert (words["properties"]["acceptedLineCount"], words["properties"]["rejectedLineCount"]) == (2, 1)


def test_the_free_tier_takes_shorter_pronunciations_and_two_datasets(start: Callable[..., Client]) -> None:
    client = start(tier="F0")

    assert client.dataset("Pronunciation", b"CNTK\tc n t k\n" * 90)["status"] == "Failed"
    assert client.dataset("Pronunciation", b"CNTK\tc n t k\n" * 70)["status"] == "Succeeded"
    assert client.refused("datasets", kind="Language") == (403, "QuotaViolation")


def test_what_cannot_be_a_dataset(client: Client) -> None:
    assert client.refused("datasets", kind="Acoustic", locale="af-ZA") == (400, "InvalidLocale")
    assert client.refused("datasets", kind="Language", locale="xx-XX") == (400, "InvalidLocale")
    assert client.refused("datasets", kind="Language", displayName="") == (400, "InvalidRequestBodyFormat")
    gone = {"self": f"{client.emulator.address}/speechtotext/projects/none"}
    assert client.refused("datasets", kind="Language", project=gone) == (400, "InvalidProject")
    many = {str(number): "x" for number in range(11)}
    assert client.refused("datasets", kind="Language", customProperties=many)[0] == 400
    assert client.refused("datasets", kind="Language", customProperties={"k" * 65: "x"})[0] == 400
    assert client.refused("datasets", kind="Language", customProperties={"k": "x" * 257})[0] == 400
    right = {"k" * 64: "x" * 256}
    assert client.made("datasets", kind="Language", customProperties=right)["customProperties"] == right
    assert client.emulator.counts()["created"]["datasets"] == 1


@pytest.fixture
def web() -> Iterator[str]:
    """Serves one file at any address that does not begin with /none."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path.startswith("/none") else 200)
            self.end_headers()
            self.wfile.write(b"a line from the web\n")

        def log_message(self, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_dataset_from_an_address(client: Client, web: str) -> None:
    found = client.ended(client.made("datasets", kind="Language", contentUrl=f"{web}/text?sig=secret"))
    missing = client.ended(client.made("datasets", kind="Language", contentUrl=f"{web}/none?sig=secret"))

    assert found["properties"]["acceptedLineCount"] == 1
    assert found["links"]["files"].count("?api-version=") == 1
    assert missing["properties"]["error"]["code"] == "DataImportFailed"
    assert "secret" not in missing["properties"]["error"]["message"]
    assert put(client, found, block(1), b"x") == 400


SAMPLES = CONTRACT.parent / "samples"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="Microsoft's samples are not here")
@pytest.mark.parametrize(
    ("path", "kind", "locale", "accepted", "rejected"),
    [
        ("en-US/general/training/audio-and-trans.zip", "Acoustic", "en-US", 2, 0),
        ("en-US/general/testing/audio-and-trans.zip", "Acoustic", "en-US", 1, 0),
        ("en-US/general/training/related-text.txt", "Language", "en-US", None, 0),
        ("en-US/general/training/pronunciation.txt", "Pronunciation", "en-US", 3, 0),
        ("en-US/general/training/structured-text.md", "LanguageMarkdown", "en-US", 8, 0),
        ("en-US/biology/training/plain-text.txt", "Language", "en-US", None, 0),
        ("en-US/biology/training/pronunciation.txt", "Pronunciation", "en-US", 6, 0),
        ("es-ES/training/audio-and-trans.zip", "Acoustic", "es-ES", 2, 0),
        ("es-ES/training/related-text.txt", "Language", "es-ES", None, 0),
        ("pt-BR/training/audio-and-trans.zip", "Acoustic", "pt-BR", 2, 0),
        ("pt-BR/training/related-text.txt", "Language", "pt-BR", None, 0),
        # No byte order mark in these two, although the documents demand one.
        ("es-ES/testing/audio-and-trans.zip", "Acoustic", "es-ES", 0, 0),
        ("pt-BR/testing/audio-and-trans.zip", "Acoustic", "pt-BR", 0, 0),
    ],
)
def test_microsofts_samples(
    client: Client, path: str, kind: str, locale: str, accepted: int | None, rejected: int
) -> None:
    content = (SAMPLES / path).read_bytes()

    dataset = client.dataset(kind, content, locale=locale)

    if accepted == 0:
        assert dataset["properties"]["error"]["code"] == "NoUtf8WithBom"
        return
    assert dataset["status"] == "Succeeded", dataset["properties"]
    assert dataset["properties"]["rejectedLineCount"] == rejected
    found = dataset["properties"]["acceptedLineCount"]
    assert found == (accepted or len([line for line in content.splitlines() if line.strip()]))
    assert client.call("DELETE", place(ref(dataset))).status_code == 204
    assert not list((client.emulator.state.store.folder / "content").iterdir()), id_of(dataset)
