"""What people get: the endpoint is asked when it has the model, and nobody is when it has another one. The real SDK."""

from collections.abc import Callable
from pathlib import Path

import pytest

from asr.audio import SAMPLE_RATE, Samples, as_int16, write_flac
from asr.azure.azure_model import AzureModel, read_azure_model, write_azure_model
from asr.azure.entities import Endpoint
from asr.corpus.utterance import Corpus
from asr.errors import ModelError, UserError
from asr.models.checkpoint import fingerprint
from asr.releases.directory import current
from asr.synthesis.espeak import Voice, speak
from tasks.azure.evaluate import evaluate_azure_model
from tasks.azure.hear import hear
from tasks.azure.service import custom_speech
from tasks.corpus import Corpora
from tasks.places import places, reach, release_everywhere
from tasks.registry import Registered
from tasks.settings import Settings
from tasks.transcribe import transcribe_files
from tasks.try_release import load_release, try_release_of
from tests.azure_emulator.phrase_splitter import as_wav
from tests.azure_emulator.recognizer import wrong_word
from tests.azure_stock import Stock

pytest.importorskip("azure.cognitiveservices.speech")

SAID = "we saw a zebra by the water"


@pytest.fixture
def audio(stock: Stock) -> Samples:
    """Somebody says a sentence of which a base model knows all but one word."""
    samples = speak(SAID, Voice("en-us+f2", speed=200))
    stock.emulator.state.recognizer.tell(as_wav(as_int16(samples)), SAID)
    return samples


@pytest.fixture
def trained(stock: Stock, tmp_path: Path) -> Callable[..., Path]:
    """The folder of a release of a trained model that knows some words."""

    def make(name: str, *words: str) -> Path:
        id = stock.model()
        model = stock.emulator.state.store.get("models", id)
        assert model is not None
        model.properties["features"] = dict.fromkeys(
            ("supportsEndpoints", "supportsTranscriptionsSubmit", "supportsTranscriptionsTranscribe"), True
        )
        stock.emulator.state.recognizer.train(id, words)
        return write_azure_model(AzureModel(id=id, is_base=False, locale="en-US"), tmp_path / "releases" / name)

    return make


@pytest.fixture
def base(stock: Stock, tmp_path: Path) -> Path:
    """The folder of a release of a base model."""
    model = AzureModel(id=stock.base("charged"), is_base=True, locale="en-US")
    return write_azure_model(model, tmp_path / "releases" / "v1-base")


@pytest.fixture
def testing(make_corpora: Callable[..., Corpora]) -> Corpus:
    return make_corpora().testing


def release(settings: Settings, folder: Path) -> None:
    release_everywhere(settings, folder, lambda _folder: None)


def test_the_endpoint_of_the_locale_is_the_place(at_work: Settings, trained: Callable[..., Path]) -> None:
    hub = at_work.model_copy(update={"release_to_hub": "org/name"})
    [place] = places(hub, trained("v2"))
    assert place.name == "the Azure endpoint of en-US", "the Hub holds no model of Azure"


def test_the_model_is_heard_at_its_endpoint(at_work: Settings, audio: Samples, trained: Callable[..., Path]) -> None:
    folder = trained("v2", "zebra")
    release(at_work, folder)
    assert hear(at_work, folder, [audio, audio]) == [SAID, SAID]


def test_an_endpoint_with_another_model_is_not_asked(
    at_work: Settings, audio: Samples, trained: Callable[..., Path], stock: Stock
) -> None:
    one, two = trained("v2", "zebra"), trained("v3")
    for there in ("nothing", "another model"):
        with pytest.raises(ModelError) as raised:
            hear(at_work, two, [audio])
        assert str(raised.value).startswith("the Azure endpoint of en-US does not have the model ")
        assert str(raised.value).endswith("`wergate run` or `wergate rollback` put it there"), there
        release(at_work, one)
    assert not stock.emulator.state.calls["Speech_Recognize"]


def test_a_base_is_heard_without_an_endpoint(at_work: Settings, audio: Samples, base: Path) -> None:
    wanted = SAID.replace("zebra", wrong_word("zebra"))
    assert hear(at_work, base, [audio]) == [wanted]
    assert list(custom_speech(at_work).all(Endpoint)) == []


def test_files_are_transcribed_by_the_model_that_is_named(
    at_work: Settings, audio: Samples, base: Path, tmp_path: Path, stock: Stock
) -> None:
    write_flac(tmp_path / "a.flac", audio)
    [found] = transcribe_files(at_work, f"azure:{stock.base('uncharged')}", [tmp_path / "a.flac"])
    assert (found.file, found.text) == (tmp_path / "a.flac", SAID.replace("zebra", wrong_word("zebra")))
    assert found.seconds == pytest.approx(len(audio) / SAMPLE_RATE)


def test_a_model_that_is_not_hosted_transcribes_files_all_the_same(
    at_work: Settings, audio: Samples, trained: Callable[..., Path], tmp_path: Path, stock: Stock
) -> None:
    """By fast transcription, in display form; a model that is not fit for it says so."""
    id = read_azure_model(trained("v2", "zebra")).id
    (tmp_path / "a.wav").write_bytes(as_wav(as_int16(audio)))
    [found] = transcribe_files(at_work, f"azure:{id}", [tmp_path / "a.wav"])
    assert found.text.lower().rstrip(".") == SAID
    assert not stock.emulator.state.calls["Speech_Recognize"]
    model = stock.emulator.state.store.get("models", id)
    assert model is not None
    model.properties["features"]["supportsTranscriptionsTranscribe"] = False
    with pytest.raises(ModelError, match="it is not hosted, and not fit for fast transcription; promote it"):
        transcribe_files(at_work, f"azure:{id}", [tmp_path / "a.wav"])


def test_the_champion_that_is_released_answers(
    at_work: Settings, audio: Samples, trained: Callable[..., Path], tmp_path: Path
) -> None:
    folder = trained("v2", "zebra")
    release(at_work, folder)
    (at_work.data / "releases").mkdir()
    (at_work.data / "releases" / "current").symlink_to(folder)
    assert current(at_work.data / "releases") is not None
    write_flac(tmp_path / "a.flac", audio)
    [found] = transcribe_files(at_work, "champion", [tmp_path / "a.flac"])
    assert found.text == SAID


def test_a_file_is_decoded_once(
    at_work: Settings, audio: Samples, base: Path, tmp_path: Path, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.transcribe.decode", lambda _file: audio)
    [found] = transcribe_files(at_work, f"azure:{stock.base('uncharged')}", [tmp_path / "not-there.flac"])
    assert found.text


def test_a_release_is_tried_where_it_runs(
    at_work: Settings, trained: Callable[..., Path], testing: Corpus, stock: Stock
) -> None:
    """The model that was evaluated passes; one that knows nothing of what is said does not, and neither is it live."""
    folder = trained("v2", "zebra")
    registered = Registered(version=2, name="wergate v2", directory=folder, fingerprint=fingerprint(folder))
    evaluation = evaluate_azure_model(at_work, registered, "candidate", testing, None)
    assert evaluation.wer == 0
    [place] = places(at_work, folder)
    release_everywhere(at_work, folder, lambda staged: try_release_of(at_work, staged, testing, evaluation))
    assert place.has(folder)

    stock.emulator.state.recognizer.train(read_azure_model(folder).id, [])
    try_release_of(at_work, folder, testing, evaluation)  # a word of twelve may differ

    deaf = trained("v3")
    stock.emulator.state.recognizer.transcribe = lambda model, wav: "something else"  # type: ignore[method-assign]
    with pytest.raises(UserError, match=r"^the Azure endpoint of en-US: \d+ of 12 words are wrong there, and 0 were"):
        release_everywhere(at_work, deaf, lambda staged: try_release_of(at_work, staged, testing, evaluation))
    assert not place.has(deaf)


def test_without_a_test_it_is_asked_once(at_work: Settings, trained: Callable[..., Path], stock: Stock) -> None:
    folder = trained("v2")
    release(at_work, folder)
    load_release(at_work, folder)
    assert stock.emulator.state.calls["Speech_Recognize"] >= 1
    with pytest.raises(ModelError, match="does not have the model"):
        load_release(at_work, trained("v3"))


def test_a_place_that_cannot_be_asked_is_known_before(
    at_work: Settings, trained: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = trained("v2")
    reach(at_work, folder)
    monkeypatch.setenv("AZURE_SPEECH_KEY", "a-wrong-key-0123456789abcdef")
    with pytest.raises(UserError, match="check that AZURE_SPEECH_KEY is a key of this resource") as raised:
        reach(at_work, folder)
    assert "a-wrong-key" not in str(raised.value) and "\n" not in str(raised.value)
