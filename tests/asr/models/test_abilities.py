"""What can be told of a model without its weights is what holds for the loaded model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.models.abilities import abilities, read_abilities
from asr.models.speech_model import SpeechModel

FAMILIES = ("parakeet", "whisper", "wav2vec2", "moonshine")


@pytest.fixture
def pieces(moonshine: Path, tmp_path: Path) -> Path:
    """A model that writes pieces of words, and only some letters."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {piece: number for number, piece in enumerate(("<unk>", "<s>", "</s>", "▁", "t", "h", "th"))}
    backend = Tokenizer(models.BPE(vocabulary, [("t", "h")], unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    directory = shutil.copytree(moonshine, tmp_path / "pieces")
    PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    ).save_pretrained(directory)
    return directory


def test_pieces_of_words(pieces: Path) -> None:
    able = read_abilities(str(pieces))

    assert able.characters is None
    assert able.labels("th") == [3, 6, 2]


@pytest.mark.parametrize("name", FAMILIES)
def test_reading_tells_what_loading_tells(
    name: str, load: Callable[[Path], SpeechModel], request: pytest.FixtureRequest
) -> None:
    directory = request.getfixturevalue(name)
    read, loaded = read_abilities(str(directory), language="en"), abilities(load(directory))

    for fact in ("window", "most_tokens", "characters", "family", "start"):
        assert getattr(read, fact) == getattr(loaded, fact), fact
    assert read.labels("Al Noor's") == loaded.labels("Al Noor's")


def test_numbers(whisper: Path, moonshine: Path, wav2vec2: Path) -> None:
    heard = {each: read_abilities(str(each)) for each in (whisper, moonshine, wav2vec2)}

    assert [one.window for one in heard.values()] == [5, None, None]
    assert [one.most_tokens for one in heard.values()] == [448, 194, None]
    assert [one.characters is None for one in heard.values()] == [True, False, False]


@pytest.mark.parametrize(
    ("name", "character", "written"),
    [
        ("wav2vec2", "a", "A"),
        ("wav2vec2", "é", "E"),
        ("wav2vec2", "7", ""),
        ("wav2vec2", "я", ""),
        ("parakeet", "A", "a"),
        ("whisper", "я", "я"),
        ("whisper", "%", "%"),
        ("pieces", "t", "t"),
        ("pieces", "я", ""),
        ("pieces", "T", ""),  # its pieces are in small letters, and nothing makes them so
    ],
)
def test_one_character(name: str, character: str, written: str, request: pytest.FixtureRequest) -> None:
    assert read_abilities(str(request.getfixturevalue(name))).written(character) == written


def test_no_weights_are_read(whisper: Path, tmp_path: Path) -> None:
    shutil.copytree(whisper, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_text("no weights")

    assert read_abilities(str(tmp_path / "model")).window == 5


def test_the_language_is_part_of_the_labels(whisper: Path, tmp_path: Path) -> None:
    assert len(read_abilities(str(whisper), language="de-AT").labels("x")) == len("x") + 4
    with pytest.raises(ModelError, match="it does not know the language 'xx'"):
        read_abilities(str(whisper), language="xx")
    shutil.copytree(whisper, tmp_path / "english")
    generation = tmp_path / "english" / "generation_config.json"
    generation.write_text(json.dumps(json.loads(generation.read_text()) | {"is_multilingual": False}))
    assert len(read_abilities(str(tmp_path / "english"), language="en").labels("x")) == len("x") + 2


@pytest.mark.parametrize(("language", "token"), [("en", "en"), ("de_AT", "de"), ("nb-NO", "no"), ("fil-PH", "tl")])
def test_the_language_of_a_locale(language: str, token: str, whisper: Path) -> None:
    able = read_abilities(str(whisper), language=language)

    assert able.tokenizer.convert_ids_to_tokens(able.labels("x"))[0] == f"<|{token}|>"


def test_what_is_not_here_is_not_downloaded() -> None:
    with pytest.raises(ModelError, match=r"^openai/whisper-small: it has not been downloaded yet$"):
        read_abilities("openai/whisper-small")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "processor_config.json"])
def test_damaged_files(name: str, whisper: Path, tmp_path: Path) -> None:
    shutil.copytree(whisper, tmp_path / "model")
    assert (tmp_path / "model" / name).is_file()
    (tmp_path / "model" / name).write_text("{")

    with pytest.raises(ModelError, match="cannot be read") as raised:
        read_abilities(str(tmp_path / "model"))
    assert "\n" not in str(raised.value)
