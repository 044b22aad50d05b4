"""Training on a stream: block by block, the same after a kill, and never on what models are judged by."""

import hashlib
import io
import json
import logging
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr.corpus.hub.errors import HubError
from asr.corpus.hub.examples import HubExample
from asr.corpus.hub.parquet import Position
from asr.corpus.hub.reference import HubDataset
from asr.corpus.utterance import Utterance
from asr.errors import DataError, SettingsError
from asr.models.abilities import abilities
from asr.models.speech_model import SpeechModel
from asr.training import trainer as trainer_module
from asr.training.blocks import Blocks, delete_blocks, read_block
from asr.training.finetune import TrainedModel, finetune
from asr.training.mixture import Mixture, mix
from asr.training.options import TrainingOptions
from asr.training.sieve import Sieve
from asr.training.stream import Stream, StreamExamples, StreamOrder

COMMIT = "0" * 40


def sound(number: int, seconds: float = 0.4) -> bytes:
    """A noise of its own for each number, in FLAC."""
    out = io.BytesIO()
    samples = np.random.default_rng(number).uniform(-0.2, 0.2, round(16_000 * seconds))
    soundfile.write(out, samples, 16_000, format="FLAC")
    return out.getvalue()


def example(number: int, **changes: Any) -> HubExample:
    facts = {"audio": sound(number, 0.3 + 0.05 * (number % 7)), "text": f"word {'abcdefgh'[number % 8]}"}
    return HubExample(**{"name": f"{number}.flac"} | facts | changes)


class Shelf:
    """A data set in memory, in some files; remembers what was read."""

    def __init__(self, *files: list[HubExample]) -> None:
        self.files = files
        self.read_so_far: list[str] = []
        self.readings = 0
        self.most = sum(map(len, files))

    def read(
        self, after: Position | None = None, shuffle: np.random.Generator | None = None
    ) -> Generator[tuple[HubExample, Position]]:
        """As `HubExamples.read`."""
        self.readings += 1
        order = range(len(self.files)) if shuffle is None else shuffle.permutation(len(self.files))
        begin = after or {"file": 0, "row": 0, "read": 0}
        read = begin["read"]
        for file in range(begin["file"], len(self.files)):
            first = begin["row"] if file == begin["file"] else 0
            for row, one in enumerate(self.files[order[file]][first:], first + 1):
                if read == self.most:
                    return
                read += 1
                self.read_so_far.append(one.name)
                yield one, {"file": file, "row": row, "read": read}


def shelf(count: int, files: int = 3, first: int = 0) -> Shelf:
    return Shelf(*([example(first + n) for n in range(file, count, files)] for file in range(files)))


def reference(name: str = "o/n", **changes: Any) -> HubDataset:
    return HubDataset(dataset=name, revision=COMMIT, stream=True, **changes)


@pytest.fixture
def speech(wav2vec2: Path, load: Callable[[Path], SpeechModel]) -> SpeechModel:
    return load(wav2vec2)


@pytest.fixture
def blocks(speech: SpeechModel, tmp_path: Path) -> Callable[..., Blocks]:
    """Blocks of ten of a shelf, in a folder."""

    def open_(*shelves: Shelf, folder: str = "blocks", judging: Any = (), held_out: Any = (), **changes: Any) -> Blocks:
        references = [reference(f"o/{number}", **changes) for number in range(len(shelves))]
        find = dict(zip([one.dataset for one in references], shelves, strict=True))
        return Blocks(
            references,
            tmp_path / folder,
            lambda: Sieve(abilities(speech), judging, held_out),
            size=10,
            seed=1,
            find=lambda one: find[one.dataset],
        )

    return open_


def order(opened: Blocks, length: int = 1000, begin: int = 0, mixture: Any = None, durations: Any = ()) -> StreamOrder:
    mixture = mixture or Mixture(0, 0, 0, 0)
    return StreamOrder(opened, durations, mixture, batch_size=3, length=length, begin=begin, seed=1)


# The order


def test_every_streamed_utterance_once_a_round(blocks: Any) -> None:
    with blocks(shelf(25)) as opened:
        draws = [draw for batch in order(opened, length=20) for draw in batch]
        first, second = ([draw for draw in draws if draw.epoch == again] for again in (0, 1))
        assert [opened.record(number).read for number in range(6)] == [10, 10, 5] * 2
    assert len(first) == len(second) == 25
    assert [draw.utterance // 10 for draw in first] == [0] * 10 + [1] * 10 + [2] * 5, "block by block"
    assert len({draw.utterance for draw in draws}) == 50
    assert [draw.utterance for draw in first] != sorted(draw.utterance for draw in first), "but shuffled in them"


def test_the_files_come_in_another_order_each_round(blocks: Any) -> None:
    source = shelf(30, files=30)
    with blocks(source) as opened:
        list(order(opened, length=24))
    rounds = source.read_so_far[:30], source.read_so_far[30:60]
    assert sorted(rounds[0]) == sorted(rounds[1])
    assert rounds[0] != rounds[1]


def test_with_a_limit_they_come_as_they_are(blocks: Any) -> None:
    source = shelf(30, files=30)
    source.most = 20
    with blocks(source, limit=20) as opened:
        list(order(opened, length=16))
    assert source.read_so_far[:40] == [f"{n}.flac" for n in range(20)] * 2


def test_data_sets_take_turns(blocks: Any) -> None:
    with blocks(shelf(15), shelf(25, first=100)) as opened:
        list(order(opened, length=30))
        assert [opened.record(number).read for number in range(6)] == [10, 10, 5, 10, 10, 5]
        assert [opened.record(number).round for number in range(6)] == [0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("begin", [0, 1, 3, 4, 9, 13, 17])
def test_it_goes_on_where_it_was(begin: int, blocks: Any) -> None:
    """In a folder where an earlier process was killed, or where nothing is known any more."""
    with blocks(shelf(35)) as opened:
        undisturbed = list(order(opened, length=18))
    for folder in ("blocks", f"elsewhere-{begin}"):
        source = shelf(35)
        with blocks(source, folder=folder) as opened:
            assert list(order(opened, length=18, begin=begin))[begin:] == undisturbed[begin:]
        if folder == "blocks" and begin == 17:
            assert len(source.read_so_far) <= 15, "only the last block, and what was fetched ahead"


def test_length_and_emptiness(blocks: Any) -> None:
    with blocks(shelf(12)) as opened:
        batches = list(order(opened, length=9, begin=6))
        assert len(order(opened, length=9)) == 9
    assert [len(batch) for batch in batches[:4]] == [0] * 4, "the first block is not asked for"
    assert all(len(batch) <= 3 for batch in batches)
    assert len(batches) == 9


def test_local_and_replayed_ones_are_mixed_in(blocks: Any) -> None:
    mixture = Mixture(local=4, replayed=7, local_rate=0.5, replay_rate=2.0)
    with blocks(shelf(40)) as opened:
        batches = list(order(opened, length=60, mixture=mixture, durations=[1.0] * 11))
    draws = [draw for batch in batches for draw in batch]
    kinds = Counter("local" if draw.utterance < 4 else "replay" if draw.utterance < 11 else "new" for draw in draws)
    assert kinds["new"] / kinds["local"] == pytest.approx(2, abs=0.1)
    assert kinds["replay"] / (kinds["new"] + kinds["local"]) == pytest.approx(2, abs=0.1)
    local = Counter(draw.utterance for draw in draws if draw.utterance < 4)
    assert max(local.values()) - min(local.values()) <= 2, "each as often as the others"
    known = [draw for draw in draws if draw.utterance < 11]
    assert len(set(known)) == len(known), "and with other augmentation whenever it comes again"
    assert any(draws[0].utterance // 11 != draw.utterance // 11 for draw in draws[:15]), "in the same batches"


@pytest.mark.parametrize(
    ("limit", "changes", "local", "rate", "steps"),
    [
        (100, {"epochs": 2, "batch_size": 10}, 0, 0.0, 20),
        (100, {"epochs": 2, "batch_size": 10}, 50, 0.5, 30),
        (100, {"epochs": 2, "batch_size": 10, "gradient_accumulation": 3}, 50, 0.5, 10),
        (100, {"epochs": 2, "batch_size": 10, "max_steps": 7}, 50, 0.5, 7),
        (None, {"epochs": 2, "batch_size": 10, "max_steps": 100}, 100, 0.25, 100),
        (None, {"epochs": 2, "batch_size": 10, "max_steps": 100}, 1000, 1.0, 100),
        (None, {"epochs": 2, "batch_size": 10, "max_steps": 100}, 0, 0.0, 100),
    ],
)
def test_how_long_and_how_much(limit: Any, changes: Any, local: int, rate: float, steps: int) -> None:
    mixture, told = mix(limit, local, 0, TrainingOptions(**changes))
    assert (told, mixture.local_rate, mixture.replay_rate) == (steps, rate, 0)


def test_replay_takes_its_share_of_the_steps() -> None:
    mixture, steps = mix(100, 0, 5, TrainingOptions(epochs=1, batch_size=10, replay=3.0))
    assert (steps, mixture.replay_rate) == (40, 3.0)


def test_without_an_end_the_steps_must_be_given() -> None:
    with pytest.raises(SettingsError, match="set the steps to train, or `limit` in the file"):
        mix(None, 10, 0, TrainingOptions())
    assert Stream([reference(limit=3), reference()]).limit is None
    assert Stream([reference(limit=3), reference(limit=4)]).limit == 7


# What is left out


def test_what_cannot_be_used_is_left_out_and_counted(blocks: Any, caplog: pytest.LogCaptureFixture) -> None:
    judged = Utterance("test", Path("t.flac"), "they walk home together", 1.0, "", speaker="ann", source="tape 1")
    same = Utterance("same", Path("s.flac"), "x", 1.0, hashlib.sha256(sound(77)).hexdigest(), speaker="bob")
    bad = [
        example(0, audio=None),
        example(1, audio=b"RIFF....WAVE"),
        example(2, audio=sound(2, 40.0)),
        example(3, text=None),
        example(4, text="  "),
        example(5, text="!?"),
        example(6, text="12 34"),
        example(7, audio=sound(77)),
        example(8, text="They walk home, together!", speaker="ann", audio=sound(8, 2.0)),
        example(9, source="tape 1"),
    ]
    good = [example(20), example(21, text="they walk home together", speaker="zoe", audio=sound(21, 2.0))]
    with caplog.at_level(logging.INFO), blocks(Shelf(good, bad), limit=12, judging=[judged, same]) as opened:
        kept = opened.utterances(0) | opened.utterances(1)
        counted = order(opened).left_out()
    assert [one.text for one in kept.values()] == ["word e", "they walk home together"]
    assert counted == {
        "undecodable": 2,
        "too_long": 1,
        "missing_text": 1,
        "empty_text": 1,
        "only_punctuation": 1,
        "unwritable": 1,
        "leak_audio": 1,
        "leak_sentence": 1,
        "leak_source": 1,
    }
    assert "block 1 of o/0: 2 of 10 utterances, left out 2 undecodable, " in caplog.text


def test_nothing_usable_is_an_error_at_once(blocks: Any) -> None:
    source = Shelf([example(n, text=None) for n in range(100)])
    with blocks(source) as opened, pytest.raises(DataError) as error:
        next(iter(order(opened)))
    assert str(error.value) == "o/0: none of the first 10 utterances can be used: 10 missing_text"
    assert len(source.read_so_far) == 10


def test_an_error_of_the_network_comes_through(blocks: Any) -> None:
    class Torn(Shelf):
        def read(self, *arguments: Any) -> Generator[tuple[HubExample, Position]]:
            for number, one in enumerate(super().read(*arguments)):
                if number == 15:
                    raise HubError("hub_unreachable", "no connection", "try again")
                yield one

    seen = []
    with blocks(Torn([example(n) for n in range(30)])) as opened, pytest.raises(HubError, match="no connection"):
        for batch in order(opened):
            seen += batch
    assert len(seen) == 10, "the first block is trained on"


# On the disk


def test_two_blocks_at_most(blocks: Any, tmp_path: Path) -> None:
    sizes = []
    with blocks(shelf(400)) as opened:
        one_by_one = StreamOrder(opened, (), Mixture(0, 0, 0, 0), batch_size=1, length=200, begin=0, seed=1)
        opened.size = 40
        for batch in one_by_one:
            walked = os.walk(tmp_path / "blocks")  # not rglob, which fails when the other thread removes a folder
            files = {Path(place, name) for place, _, names in walked for name in names if name.endswith(".flac")}
            sizes.append(len(files))
            (draw,) = batch
            utterance = read_block(opened.folder, draw.utterance // 40)[draw.utterance % 40]
            assert utterance.audio in files
    assert max(sizes) <= 80
    assert max(sizes) > 40, "the next one is fetched while one is in use"


def test_the_other_thread_is_done_while_one_looks(blocks: Any) -> None:
    """A block is not taken for the next one when it arrives just then."""

    class Records(list[Any]):
        """What is read of it is old already."""

        waits = False

        def __len__(self) -> int:
            told = super().__len__()
            if self.waits and threading.current_thread() is threading.main_thread():
                self.waits = False
                until = time.monotonic() + 60
                while super().__len__() == told and time.monotonic() < until:
                    time.sleep(0.001)
            return told

    source = shelf(60)
    with blocks(source) as opened:
        opened.records = records = Records(opened.records)
        opened.utterances(0)
        opened.fetch_ahead(1)
        records.waits = True
        assert opened.record(1).read == 10
        assert not records.waits
        assert len(source.read_so_far) == 20, "nothing else was fetched"


@pytest.mark.parametrize("size", [1, 3, 10])
def test_what_loaders_may_still_read_is_here(size: int, blocks: Any) -> None:
    """The batches that processes beside a GPU were asked for, whichever they read last, without their help."""
    asked: deque[Any] = deque(maxlen=trainer_module._LOADERS * 2 + 1)  # torch asks each process for 2 ahead
    deleted = 0
    with blocks(shelf(60)) as opened:
        opened.size = size
        for (draw,) in StreamOrder(opened, (), Mixture(0, 0, 0, 0), batch_size=1, length=70, begin=0, seed=1):
            asked.append(draw.utterance)
            for number, place in (divmod(one, size) for one in asked):
                assert read_block(opened.folder, number)[place].audio.is_file()
            deleted = min(number for number in range(100) if (opened.folder / f"{number:06d}").is_dir())
    assert deleted > 0


def slowly(examples: list[Any]) -> list[Any]:
    """What is asked for piles up."""
    time.sleep(0.05)
    return examples


def test_processes_that_load_data_find_it(blocks: Any, speech: SpeechModel) -> None:
    """As beside a GPU: they are asked ahead, and audio that they were asked for is still there."""
    from torch.utils.data import DataLoader

    options = TrainingOptions(batch_size=1, speed_perturbation=False, noise=False)
    with blocks(shelf(60)) as opened:
        examples = StreamExamples([], opened.folder, opened.size, speech, options)
        batches = StreamOrder(opened, (), Mixture(0, 0, 0, 0), batch_size=1, length=45, begin=0, seed=1)
        loader = DataLoader(
            examples,
            batch_sampler=batches,
            num_workers=2,
            prefetch_factor=8,
            collate_fn=slowly,
            multiprocessing_context="forkserver",
        )
        found = [one for (one,) in loader]
    assert len(found) == 45
    assert all(len(one.samples) >= 4800 and one.labels for one in found)


def test_a_line_that_was_cut_off(blocks: Any, tmp_path: Path) -> None:
    with blocks(shelf(25)) as opened:
        expected = list(order(opened, length=12))
    records = tmp_path / "blocks" / "blocks.jsonl"
    whole = records.read_text()
    records.write_text(whole[:-20])
    with blocks(shelf(25)) as opened:
        assert list(order(opened, length=12)) == expected
    assert records.read_text() == whole


def test_a_data_set_that_changed_is_noticed(blocks: Any, tmp_path: Path) -> None:
    with blocks(shelf(25)) as opened:
        list(order(opened, length=12))
    changed = shelf(25)
    for file in changed.files:
        file[0] = replace(file[0], text="")
    with blocks(changed) as opened:
        delete_blocks(opened.folder)
        with pytest.raises(DataError, match="o/0: it is not what it was when training began"):
            list(order(opened, length=12))


def test_a_block_that_nobody_waits_for_is_given_up(blocks: Any) -> None:
    source = shelf(1000)
    with blocks(source) as opened:
        opened.size = 1000
        opened.fetch_ahead(0)
    assert len(source.read_so_far) < 1000


# A whole training

OPTIONS: dict[str, Any] = {
    "epochs": 1,
    "max_steps": 10,
    "stream_buffer": 10,
    "batch_size": 4,
    "evaluations": 5,
    "noise": True,
    "speed_perturbation": True,
    "patience": 0,
    "learning_rate": 1e-3,
    "dev_share": 0.2,
}
"""A checkpoint every second step."""


@pytest.fixture
def train_on(wav2vec2: Path, load: Any, utterances: list[Utterance], tmp_path: Path) -> Callable[..., TrainedModel]:
    """Train on a shelf, alone or with local and replayed utterances."""

    def run(source: Shelf, folder: str, local: bool) -> TrainedModel:
        return finetune(
            load(wav2vec2),
            utterances[4:] if local else [],
            utterances[:2] if local else [],
            utterances[2:4] if local else [],
            TrainingOptions(**OPTIONS | {"replay": 0.5}),
            normalizer="basic",
            folder=tmp_path / folder,
            stream=Stream([reference()], find=lambda _: source),
        )

    return run


def voices() -> Shelf:
    """Forty utterances of ten speakers in one file."""
    return Shelf([example(n, speaker=f"voice {n % 10}") for n in range(40)])


class Killed(Exception):
    """Instead of a signal, which would end the tests."""


@pytest.mark.parametrize("local", [True, False])
def test_a_training_that_was_killed(
    local: bool, train_on: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = train_on(voices(), "undisturbed", local)
    training_step = trainer_module.SpeechTrainer.training_step

    def stop(self: Any, *args: Any, **rest: Any) -> Any:
        if self.state.global_step == 9:
            raise Killed
        return training_step(self, *args, **rest)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(trainer_module.SpeechTrainer, "training_step", stop)
        train_on(voices(), "killed", local)
    source = voices()
    trained = train_on(source, "killed", local)
    weights = [(one.directory / "model.safetensors").read_bytes() for one in (undisturbed, trained)]
    assert weights[0] == weights[1]
    assert json.loads(trained.history.read_text()) == json.loads(undisturbed.history.read_text())
    assert trained.left_out == undisturbed.left_out
    assert "0.flac" not in source.read_so_far, "it does not begin anew"
    folder = tmp_path / "killed" / "stream"
    assert [path.name for path in (folder / "blocks").iterdir()] == ["blocks.jsonl"], "no audio is left behind"
    assert train_on(Shelf(), "killed", local).fingerprint == trained.fingerprint, "what has ended needs no stream"
    if local:
        assert trained.left_out == {}
        assert not (folder / "dev").exists()
        return
    held_out = json.loads((folder / "dev" / "held_out.json").read_text())
    dev = [json.loads(line) for line in (folder / "dev" / "dev.jsonl").read_text().splitlines()]
    assert held_out
    assert {one["speaker"] for one in dev} == set(held_out)
    assert sorted(path.name for path in folder.glob("dev/000000/*.flac")) == [Path(one["audio"]).name for one in dev]
    records = [json.loads(line) for line in (folder / "blocks" / "blocks.jsonl").read_text().splitlines()]
    assert len(records) > 2
    assert all(one["left_out"] == {"held_out": len(held_out)} for one in records if one["read"]), "in every block"


def test_from_the_hub(hub: Any, ask_hub: Any, blocks: Any, tmp_path: Path) -> None:
    """Over HTTP, in a process that is killed and one that goes on: the same draws, and little is fetched twice."""
    files = [[example(20 * file + n, text=f"word {'abc'[n % 3]}" * (n > 0)) for n in range(20)] for file in range(5)]
    published = {
        f"train-{number}-of-5.parquet": hub.parquet(
            [{"audio": {"bytes": one.audio, "path": one.name}, "sentence": one.text} for one in file], group=5
        )
        for number, file in enumerate(files)
    }
    facts = {
        "dataset": "o/0",
        "revision": hub.add("o/0", published),
        "folder": str(tmp_path / "streamed"),
        "length": 80,
    }
    with blocks(Shelf(*files)) as opened:
        opened.size = 30
        one_by_one = StreamOrder(opened, (), Mixture(0, 0, 0, 0), batch_size=1, length=80, begin=0, seed=1)
        expected = [read_block(opened.folder, draw.utterance // 30)[draw.utterance % 30].id for (draw,) in one_by_one]

    killed = ask_hub([("stream", "stream", facts | {"killed_at": 45})])
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    hub.requests.clear()
    went_on = ask_hub([("stream", "stream", facts | {"begin": 45})])
    assert went_on.returncode == 0, went_on.stderr
    sounds, most = json.loads(went_on.stdout)["stream"]
    assert sounds[0] == "", "the first block is not needed any more"
    assert sounds[45:] == expected[45:]
    assert 30 < most <= 60, "two blocks of five"
    fetched = {one.path.rpartition("/")[2] for one in hub.requests if one.sent > 70_000}
    assert 0 < len(fetched) < 5, "files that were read to their end are left alone"
