import json
from collections.abc import Callable

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from tests.azure_emulator.conftest import Client, place, ref, spoken, tone
from tests.azure_emulator.options import CONTRACT
from tests.azure_emulator.recognition_result import WORDS_OF_A_PHRASE, result_file

PROPERTIES = {"timeToLiveHours": 6, "profanityFilterMode": "None"}
SCHEMA = CONTRACT.parent / "transcriptionresult_v2024-11-15.schema.json"


def test_a_dataset_becomes_a_result_for_each_recording_and_a_report(client: Client) -> None:
    audio = client.dataset("Acoustic", spoken())
    model = client.model(client.dataset("Language", b"zebra pangolin"))

    ended = client.ended(
        client.made("transcriptions:submit", model=ref(model), dataset=ref(audio), properties=PROPERTIES)
    )

    assert ended["status"] == "Succeeded"
    assert ended["properties"]["durationMilliseconds"] == 200
    result = client.content(ended, "two.wav.json")
    assert result["source"] == "two.wav"
    assert result["combinedRecognizedPhrases"][0]["lexical"] == "we saw a pangolin by the water"
    assert result["combinedRecognizedPhrases"][0]["display"] == "We saw a pangolin by the water."
    report = client.content(ended, "report.json")
    assert (report["successfulTranscriptionsCount"], report["failedTranscriptionsCount"]) == (2, 0)
    by_base = client.ended(client.made("transcriptions:submit", dataset=ref(audio), properties=PROPERTIES))
    assert by_base["model"] == client.base(" charged")
    assert client.content(by_base, "two.wav.json")["combinedRecognizedPhrases"][0]["lexical"] == (
        "we saw a nilognapoo by the water"
    )
    assert client.call("DELETE", place(ended)).status_code == 204


def test_results_of_addresses(client: Client) -> None:
    audio = client.dataset("Acoustic", spoken({"one.wav": "hello world"}))
    wav = next(file for file in client.emulator.state.store.all("datasets")[0].hidden["items"])["content"]
    state = client.emulator.state
    entity = state.store.all("datasets")[0]
    state.store.put_file(entity, "one.wav", "Audio", state.store.content(wav).read_bytes())
    listed = client.call("GET", f"{place(audio)}/files", query={"filter": "kind eq 'Audio'"}).json()["values"]
    link = listed[0]["links"]["contentUrl"]

    ended = client.ended(client.made("transcriptions:submit", contentUrls=[link, f"{link}0"], properties=PROPERTIES))

    result = client.content(ended, "contenturl_0.json")
    assert result["combinedRecognizedPhrases"][0]["lexical"] == "hello world"
    assert result["source"] == link.partition("?")[0]
    report = client.content(ended, "report.json")
    assert [each["status"] for each in report["details"]] == ["Succeeded", "Failed"]


def test_a_result_is_as_its_schema_says_and_long_text_comes_in_phrases() -> None:
    text = " ".join(f"word{number}" for number in range(2 * WORDS_OF_A_PHRASE + 1))
    content = json.loads(result_file("a.wav", text, 9_000, "2026-01-01T00:00:00Z", "None", words=True))

    assert [len(phrase["nBest"][0]["words"]) for phrase in content["recognizedPhrases"]] == [12, 12, 1]
    assert " ".join(phrase["nBest"][0]["lexical"] for phrase in content["recognizedPhrases"]) == text
    assert content["recognizedPhrases"][1]["offsetMilliseconds"] == 3_000
    assert content["recognizedPhrases"][1]["offsetInTicks"] == 30_000_000
    assert content["recognizedPhrases"][1]["offset"] == "PT3S"
    if SCHEMA.is_file():
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        del schema["allOf"]  # the older version that it extends is not here
        assert [error.message for error in Draft7Validator(schema).iter_errors(content)] == []


@pytest.mark.parametrize(("mode", "expected"), [("None", "oh damn it"), ("Masked", "oh **** it"), ("Removed", "oh it")])
def test_the_profanity_filter_changes_the_words(mode: str, expected: str) -> None:
    content = json.loads(result_file("a.wav", "oh damn it", 900, "2026-01-01T00:00:00Z", mode, words=False))

    assert content["combinedRecognizedPhrases"][0]["lexical"] == expected


def test_what_cannot_be_submitted(client: Client) -> None:
    audio = ref(client.dataset("Acoustic", spoken()))
    text = ref(client.dataset("Language", b"zebra"))

    def refused(**body: object) -> str:
        return client.refused("transcriptions:submit", **{"dataset": audio, "properties": PROPERTIES, **body})[1]

    assert refused(properties={"timeToLiveHours": 5}) == "InvalidTimeToLive"
    assert refused(properties={"timeToLiveHours": 745}) == "InvalidTimeToLive"
    assert refused(contentUrls=["http://x/y"]) == "OnlyOneOfUrlsOrContainerOrDataset"
    assert refused(dataset=text) == "InvalidDataset"
    assert refused(model=client.base(" old 0")) == "ModelDeprecated"
    assert refused(locale="de-DE") == "InvalidLocale"


def test_the_free_tier_has_no_batch_and_no_fast_transcription(start: Callable[..., Client]) -> None:
    client = start(tier="F0")
    audio = ref(client.dataset("Acoustic", spoken()))

    assert client.refused("transcriptions:submit", dataset=audio, properties=PROPERTIES) == (403, "SkuLimitsExist")
    form = {"audio": ("a.wav", tone(), "audio/wav"), "definition": (None, "{}")}
    assert client.call("POST", "transcriptions:transcribe", files=form).status_code == 403


def fast(client: Client, audio: bytes, definition: str = '{"locales": ["en-US"]}') -> tuple[int, dict[str, object]]:
    form = {"audio": ("a.wav", audio, "audio/wav"), "definition": (None, definition)}
    answer = client.call("POST", "transcriptions:transcribe", files=form)
    return answer.status_code, answer.json()


def test_fast_transcription(client: Client) -> None:
    client.dataset("Acoustic", spoken({"one.wav": "hello zebra"}))
    model = client.model(client.dataset("Language", b"zebra"))
    wav = tone(0.1, 300)

    status, base = fast(client, wav)
    _, custom = fast(client, wav, json.dumps({"locales": ["en-US"], "models": {"en-US": model["self"]}}))

    assert status == 200
    assert base["combinedPhrases"] == [{"text": "Hello arbezoo."}]
    assert custom["combinedPhrases"] == [{"text": "Hello zebra."}]
    assert custom["durationMilliseconds"] == 100
    assert fast(client, b"no audio")[1]["innerError"]["code"] == "InvalidAudioFormat"  # type: ignore[index]
    assert fast(client, tone(0))[1]["innerError"]["code"] == "EmptyAudioFile"  # type: ignore[index]
    assert fast(client, wav, "{")[0] == 400
    form = {"definition": (None, "{}")}
    assert client.call("POST", "transcriptions:transcribe", files=form).status_code == 400
    assert client.call("POST", "transcriptions:transcribe", {"locales": []}).status_code == 415


def test_binary_audio_survives_the_form(client: Client) -> None:
    # Line ends, dashes and the like inside of the audio must not be taken for the form's own.
    wav = tone(0.1, 300)[:44] + b"\r\n--\r\n\r\n--x\n\r" * 100
    client.emulator.state.recognizer.tell(wav, "it survived")  # type: ignore[attr-defined]

    assert "devivrus" in str(fast(client, wav)[1]["combinedPhrases"]).lower()
