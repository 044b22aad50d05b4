"""What a model hears in a dataset: one batch for each model and dataset, every result fetched once."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from asr.azure import transcriptions as transcriptions_module
from asr.azure.azure_error import AzureError, TimedOut
from asr.azure.custom_speech import CustomSpeech
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import Dataset, File, Transcription
from asr.azure.marks import Maker
from asr.azure.transcriptions import forget_transcription, start_transcription, transcribe_dataset
from tests.azure_emulator import transcriptions as emulated
from tests.azure_emulator.recognizer import wrong_word

SUBMIT = "Transcriptions_Submit"


@pytest.fixture
def dataset(azure: Any, maker: Maker, write_corpus: Any, parts_of: Any) -> Dataset:
    """Two utterances, imported."""
    return upload(azure, maker, parts_of(write_corpus(name="testing")))


def upload(azure: Any, maker: Maker, parts: Any) -> Dataset:
    [part] = parts.parts
    return ensure_dataset(azure.service, maker, "testing audio", part, lambda: parts.path(part), patience=20.0)


@pytest.fixture
def transcribe(azure: Any, maker: Maker, dataset: Dataset) -> Callable[..., dict[str, str]]:
    """What the uncharged base hears in it."""

    def call(files: tuple[str, ...] = ("one.wav", "two.wav"), who: Maker = maker, patience: float = 20.0) -> Any:
        base, names = azure.base("uncharged"), {name: name.replace(".wav", ".flac") for name in files}
        return transcribe_dataset(azure.service, who, base, dataset, names, patience, corpus="testing")

    return call


def rewritten(monkeypatch: pytest.MonkeyPatch, change: Callable[[str, dict[str, Any]], Any]) -> None:
    """Let the emulator write other results: `change` gets the name of the file and what it holds."""
    usual = emulated.result_file

    def result_file(source: str, *rest: Any) -> bytes:
        return json.dumps(change(source, json.loads(usual(source, *rest)))).encode()

    monkeypatch.setattr(emulated, "result_file", result_file)


def test_every_recording_is_heard_in_lexical_form(transcribe: Any, azure: Any) -> None:
    heard = transcribe()
    assert heard == {
        "one.wav": f"the {wrong_word('zebra')} went to the city",
        "two.wav": f"we saw a {wrong_word('pangolin')} by the water",
    }
    [batch] = azure.all(Transcription)
    assert batch.display_name.startswith("wergate/transcription/")
    asked = azure.emulator.state.store.get("transcriptions", batch.id).body["properties"]
    assert (asked["profanityFilterMode"], asked["punctuationMode"], asked["timeToLiveHours"]) == ("None", "None", 48)


def test_the_same_question_is_asked_once(transcribe: Any, azure: Any, maker: Maker) -> None:
    first = transcribe()
    assert transcribe(who=Maker("wergate", "run-2")) == first
    assert azure.calls(SUBMIT) == 1
    assert transcribe(who=Maker("other")) == first
    assert azure.calls(SUBMIT) == 2, "another project's batch is not used"


def test_another_model_or_dataset_is_another_question(
    azure: Any, maker: Maker, dataset: Dataset, write_corpus: Any, parts_of: Any
) -> None:
    other = upload(azure, maker, parts_of(write_corpus({"three.flac": "stop now"}, name="testing-2")))
    batches = {
        start_transcription(azure.service, maker, azure.base(base), data).id
        for base in ("uncharged", "charged")
        for data in (dataset, other)
    }
    assert (len(batches), azure.calls(SUBMIT)) == (4, 4)


def test_killed_while_it_runs_it_is_waited_for(transcribe: Any, azure: Any) -> None:
    azure.fails("stuck", "transcriptions")
    with pytest.raises(TimedOut, match=r"wait for transcriptions/.*: still Running after 0 s.*; run again later"):
        transcribe(patience=0.2)
    state = azure.emulator.state
    [batch] = state.store.all("transcriptions")
    state.jobs.start(batch, emulated.recognition_of(state, batch))
    assert len(transcribe()) == 2
    assert azure.calls(SUBMIT) == 1


def test_a_failed_batch_says_why_and_is_begun_anew(transcribe: Any, azure: Any) -> None:
    azure.fails("fail", "transcriptions", code="InvalidDataset", message="a bad day")
    with pytest.raises(AzureError, match=r"transcription wergate/.* failed \(InvalidDataset: a bad day\); run again"):
        transcribe()
    assert azure.all(Transcription) == []
    assert len(transcribe()) == 2


def test_missing_audio_is_refused(transcribe: Any, azure: Any) -> None:
    with pytest.raises(AzureError, match=r"testing: five.flac, four.flac, six.flac and 1 more of 5 utterances"):
        transcribe(("one.wav", "four.wav", "five.wav", "six.wav", "three.wav"))
    assert azure.all(Transcription) == [], "it would be read again for ever"
    with pytest.raises(AzureError, match=r"testing: three.flac of 2 utterances were not transcribed; listen"):
        transcribe(("one.wav", "three.wav"))


def broken(monkeypatch: pytest.MonkeyPatch, why: str, times: int = 10**9) -> None:
    """Let the emulator fail to read `two.wav` for a reason, so many times."""
    usual, left = emulated._recordings, [times]

    def recordings(*of: Any) -> list[tuple[str, str, Any]]:
        left[0] -= 1
        return [(file, name, why if name == "two.wav" and left[0] >= 0 else audio) for file, name, audio in usual(*of)]

    monkeypatch.setattr(emulated, "_recordings", recordings)


def test_audio_that_the_service_cannot_read_is_told_and_paid_once(
    transcribe: Any, azure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "The data chunk is cut off.\nSee https://box/two.wav?sig=SECRET.")
    for _ in range(3):
        with pytest.raises(AzureError) as raised:
            transcribe(("one.wav", "two.wav", "three.wav"))
        assert str(raised.value).startswith(
            "testing: two.flac, three.flac of 3 utterances were not transcribed "
            "(two.flac: InvalidAudio: The data chunk is cut off. See https://box/two.wav); listen to them, remove"
        )
    assert (azure.calls(SUBMIT), len(azure.all(Transcription))) == (1, 1)


def test_what_may_pass_is_begun_anew(transcribe: Any, azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "The download has timed out.", times=1)
    with pytest.raises(
        AzureError, match=r"two.flac: InvalidAudio: The download has timed out.\); run again, which begins"
    ):
        transcribe()
    assert azure.all(Transcription) == []
    assert len(transcribe()) == 2 == azure.calls(SUBMIT)


def test_audio_that_nobody_asked_for_is_told(transcribe: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert list(transcribe(("one.wav",))) == ["one.wav"]
    assert "two.wav.json: a result of audio that was not asked for" in caplog.messages


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("https://account.blob.core.windows.net/box/{name}?sv=1&sig=x", "contenturl_{number}.json"),
        ("C:\\data\\{name}", "contenturl_{number}.json"),
        ("folder/{name}", "contenturl_{number}.json"),
        ("", "{name}.json"),
        ("https://account.blob.core.windows.net/box/{number}", "{name}.JSON"),
        ("", "{name}"),
    ],
    ids=["address", "windows", "folder", "no-source", "other-source", "bare-name"],
)
def test_names_are_found_by_source_or_file(
    transcribe: Any, monkeypatch: pytest.MonkeyPatch, source: str, file: str
) -> None:
    usual = emulated._recordings

    def renamed(*of: Any) -> list[tuple[str, str, Any]]:
        return [
            (file.format(name=name, number=number), source.format(name=name, number=number), audio)
            for number, (_, name, audio) in enumerate(usual(*of))
        ]

    monkeypatch.setattr(emulated, "_recordings", renamed)
    assert sorted(transcribe()) == ["one.wav", "two.wav"]


def test_names_that_do_not_fit_cost_nothing_twice(transcribe: Any, azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = emulated._recordings

    def renamed(*of: Any) -> list[tuple[str, str, Any]]:
        return [
            (f"{number}.json", f"https://box/{number}.bin?sig=x", audio)
            for number, (*_, audio) in enumerate(usual(*of))
        ]

    with monkeypatch.context() as patch:
        patch.setattr(emulated, "_recordings", renamed)
        for _ in range(2):
            with pytest.raises(
                AzureError, match=r"do not fit: one is called [01]\.bin, and one.wav was sent; report it"
            ):
                transcribe()
    assert (azure.calls(SUBMIT), len(azure.all(Transcription))) == (1, 1)


def test_audio_in_which_nothing_is_said(transcribe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten(monkeypatch, lambda name, result: result | {"combinedRecognizedPhrases": []})
    assert transcribe() == {"one.wav": "", "two.wav": ""}


def test_the_first_channel_is_taken(transcribe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    two = [{"channel": 1, "lexical": "right"}, {"channel": 0, "lexical": "left"}]
    rewritten(monkeypatch, lambda name, result: result | {"combinedRecognizedPhrases": two})
    assert transcribe() == {"one.wav": "left", "two.wav": "left"}


@pytest.mark.parametrize(
    "result",
    [["no object"], {"source": 3}, {"combinedRecognizedPhrases": [{"channel": 0, "display": "Only."}]}],
    ids=["list", "number", "display-only"],
)
def test_a_result_of_another_form_is_refused(transcribe: Any, monkeypatch: pytest.MonkeyPatch, result: object) -> None:
    rewritten(monkeypatch, lambda name, usual: usual if name == "one.wav" else result)
    with pytest.raises(AzureError, match=r"two.wav.json: the service wrote a result that cannot be read; run again"):
        transcribe()


def test_a_result_that_is_too_deep_or_too_large_is_refused(
    transcribe: Any, azure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulated, "result_file", lambda *_: b"[" * 200_000)
    with pytest.raises(AzureError, match="wrote a result that cannot be read"):
        transcribe()
    monkeypatch.setattr(transcriptions_module, "_LARGEST", 100)
    with pytest.raises(AzureError, match=r"download of (one|two).wav.json: it has 200,000 bytes, more than 100"):
        transcribe()


def test_it_is_forgotten_when_it_was_read(transcribe: Any, azure: Any, maker: Maker, dataset: Dataset) -> None:
    transcribe()
    transcribe(who=Maker("other"))
    forget_transcription(azure.service, maker, azure.base("charged"), dataset)
    assert len(azure.all(Transcription)) == 2, "nothing of this model"
    forget_transcription(azure.service, maker, azure.base("uncharged"), dataset)
    [left] = azure.all(Transcription)
    assert left.custom_properties["wergate.project"] == "other"


class Counting:
    """Counts how often each result is fetched, and how many at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, slow: float = 0.0) -> None:
        self.fetched: list[str] = []
        self.most = self.now = 0
        self.fails_from = 10**9
        self._lock = threading.Lock()
        self._usual = CustomSpeech.content
        self._slow = threading.Event()
        self._seconds = slow
        monkeypatch.setattr(CustomSpeech, "content", lambda service, file, most: self.content(service, file, most))

    def content(self, service: CustomSpeech, file: File, most: int) -> bytes:
        with self._lock:
            self.fetched.append(file.name)
            self.now += 1
            self.most = max(self.most, self.now)
            number = len(self.fetched)
        try:
            self._slow.wait(self._seconds)
            if number >= self.fails_from:
                raise AzureError("gone", doing=f"download of {file.name}")
            return self._usual(service, file, most)
        finally:
            with self._lock:
                self.now -= 1


@pytest.fixture
def many(azure: Any, maker: Maker, write_corpus: Any, parts_of: Any) -> Dataset:
    """More recordings than a page of the list has results."""
    said = {f"{number:03}.flac": "stop now" if number % 2 else "go" for number in range(130)}
    return upload(azure, maker, parts_of(write_corpus(said, name="testing")))


def test_all_results_are_fetched_once_and_eight_at_a_time(
    azure: Any, maker: Maker, many: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch, slow=0.005)
    names = {f"{number:03}.wav": f"{number:03}.flac" for number in range(130)}
    heard = transcribe_dataset(azure.service, maker, azure.base("charged"), many, names, 20.0)
    assert heard == {name: "stop now" if int(name[:3]) % 2 else "go" for name in names}
    assert sorted(counting.fetched) == sorted(f"{name}.json" for name in names)
    assert counting.most == 8


def test_one_that_cannot_be_fetched_ends_it(
    azure: Any, maker: Maker, many: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    counting.fails_from = 20
    with pytest.raises(AzureError, match=r"download of \d\d\d.wav.json: gone"):
        transcribe_dataset(azure.service, maker, azure.base("charged"), many, {"001.wav": "001.flac"}, 20.0)
    assert 20 <= len(counting.fetched) < 40, "the others are not fetched in vain"
    assert counting.now == 0 and not [one for one in threading.enumerate() if one.name.startswith("results")]
