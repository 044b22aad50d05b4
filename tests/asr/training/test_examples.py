"""What a training step is given: labels that start once, audio that fits, and a word of warning beforehand."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from asr.audio import SAMPLE_RATE, decode
from asr.corpus.utterance import Utterance
from asr.errors import DataError
from asr.models.features import features
from asr.models.speech_model import SpeechModel
from asr.training.batches import Draw
from asr.training.examples import IGNORED, Collator, Examples

FIRST = Draw(0, 0)


@pytest.fixture
def of(utterances: list[Utterance], load: Any, short: Any) -> Callable[..., Examples]:
    """The examples of a model's directory, with changed options."""
    return lambda directory, **changes: Examples(utterances, load(directory), short(**changes))


def told(speech: SpeechModel, labels: list[int], audio: np.ndarray) -> list[int]:
    """What the decoder is given when it learns these labels."""
    given: list[torch.Tensor] = []
    decoder = speech.model.get_decoder()
    handle = decoder.register_forward_pre_hook(
        lambda _module, args, kwargs: given.append(args[0] if args else kwargs["input_ids"]), with_kwargs=True
    )
    with torch.inference_mode():
        speech.model(**features(speech, [audio]), labels=torch.tensor([labels]))
    handle.remove()
    tokens: list[int] = given[0][0].tolist()
    return tokens


def test_whisper_starts_once(whisper: Path, load: Any, of: Any, sounds: Any) -> None:
    speech = load(whisper)
    tokenizer = speech.processor.tokenizer
    labels = of(whisper).labels("on the door")
    start, end = tokenizer.convert_tokens_to_ids(["<|startoftranscript|>", "<|endoftext|>"])
    language = tokenizer.convert_tokens_to_ids(["<|en|>", "<|transcribe|>", "<|notimestamps|>"])
    text = tokenizer("on the door", add_special_tokens=False).input_ids
    assert labels == [*language, *text, end]
    assert told(speech, labels, sounds[0]) == [start, *language, *text]


def test_moonshine_starts_once(moonshine: Path, load: Any, of: Any, sounds: Any) -> None:
    speech = load(moonshine)
    text = speech.processor.tokenizer("go on", add_special_tokens=False).input_ids
    labels = of(moonshine).labels("go on")
    assert labels == [*text, 2]
    assert told(speech, labels, sounds[0]) == [1, *text]


def test_a_tokenizer_that_writes_no_special_tokens(moonshine: Path, load: Any, of: Any) -> None:
    examples = of(moonshine)
    examples.tokenizer.backend_tokenizer.post_processor = None
    labels = examples.labels("go on")
    assert (labels[0] == 1, labels[-1], labels.count(2)) == (False, 2, 1)


@pytest.mark.parametrize(("model", "spelled"), [("parakeet", "al noor's cafe"), ("wav2vec2", "AL|NOOR'S|CAFE")])
def test_letters_are_spelled(model: str, spelled: str, of: Any, request: pytest.FixtureRequest) -> None:
    examples = of(request.getfixturevalue(model))
    labels = examples.labels("Al Noor’s Café!")
    assert examples.tokenizer.convert_ids_to_tokens(labels) == list(spelled)
    assert not set(labels) & {examples.tokenizer.pad_token_id, examples.tokenizer.unk_token_id}


def with_texts(examples: Examples, *texts: str) -> Examples:
    utterances = examples.utterances
    examples.utterances = [replace(one, text=text) for one, text in zip(utterances, texts, strict=False)]
    return examples


def test_labels_beyond_the_decoder(whisper: Path, of: Any) -> None:
    """448 tokens with language, task and end; one more, and Whisper raises in the middle of a training."""
    fits, too_long = "x" * (448 - 4), "x" * (448 - 3)
    examples = with_texts(of(whisper), fits)
    assert len(examples.labels(fits)) == 448
    examples.check()
    with pytest.raises(
        DataError, match=r"1\.flac \(449\): more than the 448 tokens that the model can write; cut"
    ) as error:
        with_texts(of(whisper), fits, too_long).check()
    assert "\n" not in str(error.value)


def test_many_of_them_are_counted(whisper: Path, of: Any) -> None:
    with pytest.raises(DataError, match=r"^0\.flac \(504\), 1\.flac \(504\), 2\.flac \(504\) and 3 more: more than"):
        with_texts(of(whisper), *["y" * 500] * 6).check()


def test_text_that_cannot_be_written(wav2vec2: Path, whisper: Path, of: Any) -> None:
    """A CTC model would learn to keep silent."""
    with pytest.raises(
        DataError, match=r"^1\.flac: the transcript has no character that the model can write; write num"
    ):
        with_texts(of(wav2vec2), "yes", "42", "no").check()
    with_texts(of(whisper), "yes", "42", "no").check()


def test_augmentation_follows_from_the_draw(parakeet: Path, of: Any) -> None:
    on = {"noise": True, "speed_perturbation": True}
    first, again, other = of(parakeet, **on), of(parakeet, **on), of(parakeet, **on, seed=2)
    draws = [Draw(utterance, epoch) for utterance in range(3) for epoch in range(3)]
    for draw in draws:
        assert np.array_equal(first[draw].samples, again[draw].samples)
        assert first[draw].labels == first[Draw(draw.utterance, 0)].labels
    assert any(not np.array_equal(first[draw].samples, other[draw].samples) for draw in draws)
    assert len({len(first[Draw(7, epoch)].samples) for epoch in range(9)}) == 3


def test_without_augmentation_nothing_is_changed(parakeet: Path, of: Any, utterances: list[Utterance]) -> None:
    assert np.array_equal(of(parakeet)[FIRST].samples, decode(utterances[0].audio))


def test_slowing_down_loses_no_words(whisper: Path, of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """4.8 seconds are 5.3 when played slowly, and this Whisper hears five."""
    samples = np.random.default_rng(0).standard_normal(int(4.8 * SAMPLE_RATE)).astype(np.float32)
    monkeypatch.setattr(Utterance, "samples", lambda _self: samples)
    examples = of(whisper, speed_perturbation=True)
    lengths = {len(examples[Draw(0, epoch)].samples) / SAMPLE_RATE for epoch in range(20)}
    assert max(lengths) <= 5
    assert len(lengths) == 2, "as it is, and faster"


def test_a_batch(any_model: SpeechModel, utterances: list[Utterance], short: Any) -> None:
    options = short(spec_augment=False)
    examples = Examples(utterances, any_model, options)
    chosen = [examples[Draw(number, 0)] for number in (0, 7, 3)]
    batch = Collator(any_model, options)(chosen)
    inputs = features(any_model, [one.samples for one in chosen])
    assert batch.keys() == {*inputs, "labels"}
    assert all(torch.equal(batch[name], tensor) for name, tensor in inputs.items())
    for row, one in zip(batch["labels"].tolist(), chosen, strict=True):
        assert row[: len(one.labels)] == one.labels
        assert set(row[len(one.labels) :]) <= {IGNORED}
    assert batch["labels"].shape[1] == max(len(one.labels) for one in chosen)
    assert all(tensor.device.type == "cpu" for tensor in batch.values()), "the Trainer moves it, from pinned memory"


@pytest.mark.parametrize(("model", "time_axis"), [("parakeet", 1), ("whisper", 2)])
def test_only_what_was_said_is_hidden(
    model: str, time_axis: int, request: pytest.FixtureRequest, load: Any, utterances: list[Utterance], short: Any
) -> None:
    """The shortest beside the longest, and Whisper's silence up to its window."""
    speech = load(request.getfixturevalue(model))
    plain, augmented = (
        [Collator(speech, short(spec_augment=on)), Examples(utterances, speech, short(spec_augment=on))]
        for on in (False, True)
    )
    hidden_at_all = 0
    for epoch in range(5):
        before, after = (
            collate([examples[Draw(0, epoch)], examples[Draw(7, epoch)]])["input_features"]
            for collate, examples in (plain, augmented)
        )
        hidden = (before != after).any(dim=3 - time_axis)
        frames = utterances[0].duration * 100  # every 10 ms
        last = hidden[0].nonzero().max().item() if hidden[0].any() else 0
        assert last <= frames + 1
        hidden_at_all += int(hidden[0].any()) + int(hidden[1].any())
    assert hidden_at_all >= 8


def test_every_draw_hides_something_else(parakeet: Path, load: Any, utterances: list[Utterance], short: Any) -> None:
    speech, hidden = load(parakeet), set()
    for seed, utterance, epoch in ((1, 0, 0), (1, 0, 1), (1, 0, 2), (2, 0, 0), (1, 7, 0), (1, 7, 1)):
        options = short(seed=seed)
        examples = [Examples(utterances, speech, options)[Draw(utterance, epoch)]]
        before = Collator(speech, short(spec_augment=False))(examples)["input_features"]
        after, again = (Collator(speech, options)(examples)["input_features"] for _ in range(2))
        assert torch.equal(after, again)
        hidden.add((utterance, (before != after).numpy().tobytes()))
    assert len(hidden) == 6


def test_loading_processes_get_no_weights(parakeet: Path, of: Any, load: Any, short: Any) -> None:
    """Where processes are not forked, what they need is pickled: the weights of a large model for each of them."""
    collate, examples = Collator(load(parakeet), short()), of(parakeet)
    assert len(pickle.dumps(collate)) + len(pickle.dumps(examples)) < 200_000
    again, others = pickle.loads(pickle.dumps(collate)), pickle.loads(pickle.dumps(examples))
    batch, same = collate([examples[FIRST]]), again([others[FIRST]])
    assert all(torch.equal(batch[name], same[name]) for name in batch)


def test_raw_samples_are_not_hidden(wav2vec2: Path, load: Any, utterances: list[Utterance], short: Any) -> None:
    speech = load(wav2vec2)
    first, second = (
        Collator(speech, short(spec_augment=on))([Examples(utterances, speech, short())[FIRST]]) for on in (True, False)
    )
    assert torch.equal(first["input_values"], second["input_values"])
