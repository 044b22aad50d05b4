"""Small speech models of every family, with random weights, and something for them to hear."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.audio import SAMPLE_RATE, write_flac
from asr.base.fresh_model import write_fresh_model
from asr.corpus.utterance import Corpus, Utterance, write_manifest
from asr.models.speech_model import SpeechModel, load_speech_model
from asr.synthesis.espeak import Voice, speak

TEXTS = (
    "go",
    "yes please",
    "stop now",
    "open the door",
    "turn left at the bridge",
    "where is the red house",
    "two cups of tea and a cake",
    "the train to the city leaves at noon",
)
"""From the shortest to the longest: half a second to two and a half."""


@pytest.fixture(scope="session")
def utterances(tmp_path_factory: pytest.TempPathFactory) -> list[Utterance]:
    """Eight spoken utterances of different lengths."""
    folder = tmp_path_factory.mktemp("spoken")
    spoken = []
    for number, text in enumerate(TEXTS):
        path = folder / f"{number}.flac"
        samples = speak(text, Voice("en-us+m3", speed=200))
        write_flac(path, samples)
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        spoken.append(Utterance(path.name, path, text, len(samples) / SAMPLE_RATE, sha, speaker=f"s{number % 2}"))
    return spoken


@pytest.fixture(scope="session")
def corpus(utterances: list[Utterance], tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The same eight as a corpus."""
    folder = tmp_path_factory.mktemp("corpus")
    write_manifest(utterances, folder / "manifest.jsonl")
    return Corpus(
        name="testing",
        folder=folder,
        manifest=folder / "manifest.jsonl",
        fingerprint="f" * 64,
        utterances=len(utterances),
        words=sum(len(one.text.split()) for one in utterances),
        seconds=sum(one.duration for one in utterances),
        speakers=2,
    )


@pytest.fixture(scope="session")
def parakeet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded base before its first lesson."""
    directory = tmp_path_factory.mktemp("models") / "parakeet"
    write_fresh_model(directory, seed=1)
    return directory


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A multilingual Whisper that hears five seconds at once."""
    from transformers import WhisperFeatureExtractor, WhisperProcessor

    tokenizer = whisper_tokenizer()
    directory = tmp_path_factory.mktemp("models") / "whisper"
    whisper_model(tokenizer, seed=0).save_pretrained(directory)
    WhisperProcessor(WhisperFeatureExtractor(chunk_length=5), tokenizer).save_pretrained(directory)
    return directory


def whisper_tokenizer() -> Any:
    """Bytes, a few words, and the special tokens in the order of the real multilingual vocabulary."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import AddedToken, WhisperTokenizer
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    pieces = sorted(ByteLevel.alphabet())
    merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("e", "r"), ("o", "n"), ("i", "n"), ("Ġ", "a"), ("Ġ", "t")]
    vocabulary = {piece: number for number, piece in enumerate([*pieces, *("".join(pair) for pair in merges)])}
    languages = [f"<|{code}|>" for code in LANGUAGES]
    tasks = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>"]
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages, *tasks, "<|notimestamps|>"]
    vocabulary |= {token: len(vocabulary) + number for number, token in enumerate(special)}
    return WhisperTokenizer(
        vocab=vocabulary,
        merges=merges,
        pad_token="<|endoftext|>",
        extra_special_tokens=[AddedToken(token, special=True) for token in special[1:]],
    )


def whisper_model(tokenizer: Any, seed: int, **changes: Any) -> Any:
    import torch
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    end = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    settings: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "max_source_positions": 250,
        "dropout": 0.1,
        "pad_token_id": end,
        "bos_token_id": end,
        "eos_token_id": end,
        "decoder_start_token_id": tokenizer.convert_tokens_to_ids("<|startoftranscript|>"),
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
        "init_std": 0.3,  # wide, so that what it writes depends on what it hears
    }
    torch.manual_seed(seed)
    return WhisperForConditionalGeneration(WhisperConfig(**settings | changes))


@pytest.fixture(scope="session")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Like wav2vec2-base: a GroupNorm over time, no attention mask, capital letters."""
    return write_wav2vec2(tmp_path_factory.mktemp("models") / "wav2vec2", norm="group")


@pytest.fixture(scope="session")
def wav2vec2_large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Like wav2vec2-large-lv60 and MMS: a LayerNorm in the convolutions, and an attention mask."""
    return write_wav2vec2(tmp_path_factory.mktemp("models") / "wav2vec2_large", norm="layer")


def write_wav2vec2(directory: Path, norm: str) -> Path:
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    directory.mkdir()
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVKXJQZ'"]
    vocabulary = directory / "vocab.json"
    vocabulary.write_text(json.dumps({letter: number for number, letter in enumerate(letters)}))
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=norm == "layer")
    Wav2Vec2Processor(extractor, Wav2Vec2CTCTokenizer(vocabulary)).save_pretrained(directory)
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=len(letters),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer",
        conv_bias=norm == "layer",
        initializer_range=0.5,
        pad_token_id=0,
    )
    Wav2Vec2ForCTC(config).save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def moonshine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Moonshine: raw samples in, a LLaMA-like tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import (
        MoonshineConfig,
        MoonshineForConditionalGeneration,
        PreTrainedTokenizerFast,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2Processor,
    )

    pieces = ["<unk>", "<s>", "</s>", "▁", *"abcdefghijklmnopqrstuvwxyz'"]
    backend = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, [], unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    backend.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    config = MoonshineConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        intermediate_size=64,
        encoder_num_hidden_layers=2,
        decoder_num_hidden_layers=2,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        encoder_num_key_value_heads=2,
        decoder_num_key_value_heads=2,
        max_position_embeddings=194,
        initializer_range=0.3,
        pad_token_id=2,
    )
    directory = tmp_path_factory.mktemp("models") / "moonshine"
    torch.manual_seed(0)
    MoonshineForConditionalGeneration(config).save_pretrained(directory)
    extractor = Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True)
    Wav2Vec2Processor(extractor, tokenizer).save_pretrained(directory)
    return directory


FAMILIES = ("parakeet", "whisper", "wav2vec2", "wav2vec2_large", "moonshine")


@pytest.fixture(params=FAMILIES)
def any_model(request: pytest.FixtureRequest) -> SpeechModel:
    """A model of each family, loaded."""
    return load(request.getfixturevalue(request.param))


def load(directory: Path) -> SpeechModel:
    """Load on the processor: what is tested is the same there, and runs everywhere."""
    return load_speech_model(str(directory), language="en", device="cpu")


@pytest.fixture
def four_cores() -> Iterator[None]:
    """Torch computes as on a machine of four cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", name="load")
def load_on_cpu() -> Callable[[Path], SpeechModel]:
    """Load a directory on the processor, telling it to write English."""
    return load


@pytest.fixture(scope="session")
def sounds(utterances: list[Utterance]) -> list["np.ndarray[Any, np.dtype[np.float32]]"]:
    """The samples of the eight utterances."""
    from asr.audio import decode

    return [decode(one.audio) for one in utterances]


@pytest.fixture(scope="module")
def hub() -> Iterator[Any]:
    """A Hub on this machine, empty: see `corpus/hub_server.py`."""
    spec = spec_from_file_location("hub_server", Path(__file__).parent / "corpus" / "hub_server.py")
    assert spec and spec.loader
    sys.modules[spec.name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.serve() as server:
        yield server


@pytest.fixture(scope="module")
def ask_hub(
    hub: Any, tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Do what `corpus/hub_client.py` can, in a process that may use the network, and print the outcomes as JSON."""
    home = tmp_path_factory.mktemp("hub-home")

    def run(actions: list[tuple[str, str, dict[str, Any]]], **changes: str) -> "subprocess.CompletedProcess[str]":
        (home / "actions.json").write_text(json.dumps(actions))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(home), **changes}
        command = [sys.executable, str(repository / "tests/asr/corpus/hub_client.py"), str(home / "actions.json")]
        return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=120)

    return run
