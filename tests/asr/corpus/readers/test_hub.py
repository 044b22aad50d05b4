"""Hub data sets: what a reference file may say, and what is downloaded from a Hub that runs on this machine."""

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.corpus.audio_suffix import audio_suffix
from asr.corpus.hub.reference import HubDataset, read_reference
from asr.corpus.readers.hub import find_streams, read_hub
from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import Row
from asr.corpus.rules import Problem, format_problems

COMMIT = "9b2c0f3e" * 5


# The reference file


def said(folder: Path, text: str) -> str:
    """What is said about a reference file."""
    path = folder / "voices.hub.toml"
    path.write_text(text, encoding="utf-8")
    found = read_reference(path, Path("voices.hub.toml"))
    return format_problems(found) if isinstance(found, list) else "nothing"


def test_a_whole_reference(tmp_path: Path) -> None:
    path = tmp_path / "voices.hub.toml"
    path.write_text(
        f'dataset = "mozilla-foundation/common_voice_17_0"\nconfig = "en"\nsplit = "test"\nrevision = "{COMMIT}"\n'
        'stream = true\nlimit = 10000\n[columns]\ntext = "sentence"\nspeaker = "client_id"\n'
    )
    reference = read_reference(path, path)
    assert isinstance(reference, HubDataset)
    assert reference.model_dump(exclude={"columns"}) == {
        "dataset": "mozilla-foundation/common_voice_17_0",
        "config": "en",
        "split": "test",
        "revision": COMMIT,
        "stream": True,
        "limit": 10_000,
    }
    assert (reference.columns.text, reference.columns.speaker, reference.columns.audio) == ("sentence", "client_id", "")
    assert reference.shown == "mozilla-foundation/common_voice_17_0, en"


PINNED = f'dataset = "o/n"\nrevision = "{COMMIT}"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PINNED, "nothing"),
        (
            PINNED + "splits = 1",
            "voices.hub.toml:3: error[bad_reference]: * there is no `splits` — did you mean `split`?",
        ),
        (
            PINNED + '[columns]\ntext = "a"\nspeker = "b"',
            "voices.hub.toml:5: * there is no `columns.speker` — did you mean `columns.speaker`?",
        ),
        (PINNED + 'columns.sentence = "b"', "voices.hub.toml:3: * did you mean `columns.slice`?"),
        (f'revision = "{COMMIT}"', 'voices.hub.toml: error* no `dataset` — write dataset = "owner/name"'),
        ('dataset = "squad"', 'voices.hub.toml:1: * `dataset` is “squad” — write it as on the Hub: "owner/name"'),
        ('dataset = "../n"', 'voices.hub.toml:1: * write it as on the Hub: "owner/name"'),
        ('dataset = "o/n@main"', 'voices.hub.toml:1: * write it as on the Hub: "owner/name"'),
        (
            PINNED + 'split = "train[:10%]"',
            "voices.hub.toml:3: * `split` is “train[:10%]” — *`limit` takes a part of it",
        ),
        (PINNED + "limit = 0", "voices.hub.toml:3: * `limit`: input should be greater than or equal to 1 —*"),
        (PINNED + "limit = 2.5", "voices.hub.toml:3: * `limit`: input should be a valid integer*"),
        (PINNED + "trust_remote_code = true", "voices.hub.toml:3: * — Wergate runs no code of a data set: *Parquet*"),
        ("dataset = 'o/n'\nx", "voices.hub.toml:2: * not valid TOML (*) — correct the file"),
        ("dataset = ", "voices.hub.toml:1: * not valid TOML (*) — correct the file"),
        (
            'dataset = "o/n"',
            "voices.hub.toml: * no `revision` — copy the full commit from https://huggingface.co/datasets/o/n/commits/main",
        ),
        (
            'dataset = "o/n"\nrevision = "main"',
            "voices.hub.toml:2: * “main” is no full commit — copy the full commit *",
        ),
        (PINNED.upper().replace("DATASET", "dataset").replace("REVISION", "revision"), "*is no full commit*"),
        ("\udcff", "*"),
    ],
)
def test_what_is_wrong_with_a_reference(text: str, expected: str, tmp_path: Path) -> None:
    if text == "\udcff":
        (tmp_path / "x").write_bytes(b"dataset = '\xff'")
        found = read_reference(tmp_path / "x", Path("x"))
        assert isinstance(found, list)
        return
    told = said(tmp_path, text)
    assert fnmatchcase(told, expected.replace("[", "[[]")), told


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    assert said(tmp_path, 'datset = "o/n"\nlimit = -1').count("error[bad_reference]") == 3


def test_streams_are_found(tmp_path: Path) -> None:
    for name, text in {
        "b.hub.toml": PINNED + "stream = true",
        "a/d.hub.toml": PINNED + "stream = true\nlimit = 3",
        "downloaded.hub.toml": PINNED,
        "broken.hub.toml": "stream = true",
        ".git/x.hub.toml": PINNED + "stream = true",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [one.limit for one in find_streams(tmp_path)] == [3, None]


def test_its_fingerprint_is_of_what_decides_its_utterances() -> None:
    def fingerprint(**changes: Any) -> str:
        return HubDataset.model_validate({"dataset": "o/n", "revision": COMMIT} | changes).fingerprint

    changes: list[dict[str, Any]] = [
        {},
        {"dataset": "o/m"},
        {"config": "en"},
        {"split": "test"},
        {"revision": COMMIT[::-1]},
        {"limit": 3},
        {"columns": {"text": "sentence"}},
    ]
    assert len({fingerprint(**change) for change in changes}) == len(changes)
    assert fingerprint(stream=True) == fingerprint()


@pytest.mark.parametrize(
    ("begin", "name", "suffix"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "", ".wav"),
        (b"fLaC\x00", "a.mp3", ".flac"),
        (b"ID3\x04", "a.wav", ".mp3"),
        (b"\xff\xfb\x90", "", ".mp3"),
        (b"OggS" + bytes(24) + b"\x01vorbis", "", ".ogg"),
        (b"OggS" + bytes(24) + b"OpusHead", "", ".opus"),
        (b"\x00\x00\x00\x20ftypM4A ", "", ".m4a"),
        (b"no idea", "x/y.AMR", ".amr"),
        (b"no idea", "x/y.exe", ".bin"),
        (b"", "", ".bin"),
    ],
)
def test_the_ending_is_by_content(begin: bytes, name: str, suffix: str) -> None:
    assert audio_suffix(begin, name) == suffix


# What is read from a Hub


CARD = b"""---
configs:
- config_name: en
  data_files: [{split: train, path: en/train-*}]
- config_name: ar
  data_files: [{split: train, path: ar/train-*}]
dataset_info:
- config_name: en
  splits: [{name: train, num_bytes: 1, num_examples: 12}]
- config_name: ar
---
"""
PARTS = b"---\nconfigs:\n- config_name: default\n  data_files: %s\n---\n"


@dataclass
class World:
    """The Hub, what came of asking it, and where."""

    hub: Any
    outcomes: dict[str, Any]
    stderr: str
    folder: Path


@pytest.fixture(scope="module")
def world(hub: Any, ask_hub: Any, tmp_path_factory: pytest.TempPathFactory) -> World:
    """One process does everything that needs a network: importing what it takes costs seconds."""
    folder = tmp_path_factory.mktemp("hub")

    def row(number: int, **changes: Any) -> dict[str, Any]:
        audio = {"bytes": hub.noise(number), "path": f"cv_{number}.flac"}
        facts = {"sentence": f"sentence {number}", "client_id": f"voice-{number % 3}", "lang": number % 2}
        return {"audio": audio, "thumbnail": b""} | facts | changes

    def add(name: str, files: dict[str, bytes], **facts: Any) -> dict[str, Any]:
        return {"dataset": f"o/{name}", "revision": hub.add(f"o/{name}", files, **facts)}

    three = {
        f"en/train-{part}-of-3.parquet": hub.parquet([row(4 * part + n) for n in range(4)], 2) for part in range(3)
    }
    voices = three | {"ar/train-0-of-1.parquet": hub.parquet([row(0)], 1), "README.md": CARD}
    waves = {f"train/{number}.wav": hub.noise(number, "WAV") for number in range(20)}
    lines = "".join(f"{number}.wav,text {number},s\n" for number in range(20))
    waves["train/metadata.csv"] = f"file_name,transcription,speaker\n{lines}".encode()
    said = {
        f"{number}.{kind}": hub.noise(number) if kind == "flac" else b"said"
        for number in range(3)
        for kind in ("flac", "txt")
    }
    zipped = {name.removeprefix("train/"): content for name, content in waves.items()}
    random = np.random.default_rng(0)
    heavy = [
        row(0, audio={"bytes": random.bytes(2_000_000), "path": None}, thumbnail=random.bytes(1_000_000))
        for _ in range(8)
    ]
    hostile = [row(0, audio={"bytes": None, "path": "/etc/passwd"}), row(1)]
    local = {"README.md": PARTS % str(folder / "*.parquet").encode()}
    (folder / "local.parquet").write_bytes(hub.parquet([row(0)], 1))
    moving = {"README.md": PARTS % b"hf://datasets/o/moving@main/*.parquet", "a.parquet": b""}
    (folder / "unpinned.hub.toml").write_text('dataset = "o/voices"\nconfig = "en"\nrevision = "main"\n')

    english = add("voices", voices) | {"config": "en"}
    named = english | {"columns": {"speaker": "client_id", "language": "lang"}}
    again = add("again", voices) | {"config": "en", "folder": str(folder / "unpacked")}
    large = add("large", {"train.parquet": hub.parquet(heavy, 2)})
    audiofolder = add("folder", waves)
    webdataset = add("tar", {"train-0.tar": hub.tar(said)}) | {"columns": {"audio": "flac", "text": "txt"}}
    ran = ask_hub(
        [
            ("parquet", "read", named),
            ("rest of parquet", "read", named | {"after": 7}),
            ("folder", "read", audiofolder),
            ("rest of folder", "read", audiofolder | {"after": 18}),
            ("webdataset", "read", webdataset),
            ("rest of webdataset", "read", webdataset | {"after": 1}),
            ("zip", "read", add("zip", {"train.zip": hub.zip(zipped)})),
            ("arrow", "read", add("arrow", {"data-0-of-1.arrow": hub.parquet([row(n) for n in range(3)], 0)})),
            (
                "rest of arrow",
                "read",
                add("rest", {"0.arrow": hub.parquet([row(n) for n in range(3)], 0)}) | {"after": 1},
            ),
            ("size", "size", english),
            ("limit", "read", large | {"limit": 2}),
            ("paths", "read", add("paths", {"a.parquet": hub.parquet(hostile, 2)})),
            ("killed", "download", again | {"killed_at": 7}),
            ("went on", "download", again),
            ("again", "download", again),
            ("no room", "download", large | {"folder": str(folder / "unpacked"), "spare": 10**18}),
            ("script", "read", add("script", {"script.py": b"1/0"})),
            ("csv", "read", add("csv", {"train.csv": b"audio,text\na,b\n"})),
            ("empty", "read", add("empty", {"LICENSE": b"free"})),
            ("broken", "read", add("broken", {"a.parquet": bytes(20_000)})),
            ("moving", "read", add("moving", moving)),
            ("local", "read", add("local", local)),
            ("gated", "read", add("gated", voices, gated=True)),
            ("private", "read", add("private", voices, token="hf_secretsecretsecret")),
            ("no data set", "read", english | {"dataset": "o/none"}),
            ("no commit", "read", english | {"revision": COMMIT}),
            ("no configuration", "read", english | {"config": "fr"}),
            ("which configuration", "read", english | {"config": ""}),
            ("no split", "read", english | {"split": "test"}),
            ("no column", "read", english | {"columns": {"speaker": "who"}}),
            ("no audio", "read", english | {"columns": {"audio": "sentence"}}),
            ("gone", "read", add("gone", voices, gone=True)),
            ("unpinned", "pin", {"path": str(folder / "unpinned.hub.toml")}),
        ],
        HF_HOME=str(folder / "home"),
        HF_TOKEN="hf_wrongwrongwrong",
    )
    assert ran.returncode == 0, ran.stderr
    return World(hub, json.loads(ran.stdout), ran.stderr, folder)


def test_parquet(world: World) -> None:
    expected = [
        [f"cv_{n}.flac", len(world.hub.noise(n)), f"sentence {n}", f"voice-{n % 3}", ("en", "ar")[n % 2], ""]
        for n in range(12)
    ]
    assert world.outcomes["parquet"] == expected
    assert world.outcomes["rest of parquet"] == expected[7:], "from a position alone, without what came before"


def test_audiofolder(world: World) -> None:
    expected = [[f"{n}.wav", len(world.hub.noise(n, "WAV")), f"text {n}", "s", "", ""] for n in range(20)]
    assert world.outcomes["folder"] == expected, "in order, although they are fetched at once"
    assert world.outcomes["rest of folder"] == expected[18:]


def test_webdataset(world: World) -> None:
    told = [[size, text] for _, size, text, *_ in world.outcomes["webdataset"]]
    assert told == [[len(world.hub.noise(n)), "said"] for n in range(3)]
    assert world.outcomes["rest of webdataset"] == world.outcomes["webdataset"][1:]


def test_files_in_a_zip(world: World) -> None:
    assert world.outcomes["zip"] == world.outcomes["folder"]


def test_arrow(world: World) -> None:
    assert [text for *_, text, _, _, _ in world.outcomes["arrow"]] == [f"sentence {n}" for n in range(3)]
    assert world.outcomes["rest of arrow"] == world.outcomes["arrow"][1:]


def test_size(world: World) -> None:
    files = world.hub.repositories["o/voices"].files
    assert world.outcomes["size"] == [sum(len(files[f"en/train-{part}-of-3.parquet"]) for part in range(3)), 12]


def test_only_what_is_needed_is_fetched(world: World) -> None:
    """Two of eight utterances, and none of the column that nobody asked for."""
    assert [size for _, size, *_ in world.outcomes["limit"]] == [2_000_000] * 2
    assert 4_000_000 < world.hub.sent("o/large/train.parquet") < 5_000_000
    assert len(world.hub.repositories["o/large"].files["train.parquet"]) > 20_000_000


def test_a_path_in_a_table_is_not_followed(world: World) -> None:
    assert [(name, size) for name, size, *_ in world.outcomes["paths"]] == [
        ("passwd", 0),
        ("cv_1.flac", len(world.hub.noise(1))),
    ]


def test_a_download_that_was_killed_goes_on(world: World) -> None:
    assert world.outcomes["killed"] == ["killed", [*range(7)]]
    place, written = world.outcomes["went on"]
    assert written == [*range(6, 12)], "from the last mark on"
    assert world.outcomes["again"] == [place, []]
    folder = Path(place)
    assert folder.parent == world.folder / "unpacked" / "hub"
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) == [folder.name]
    assert sorted(path.name for path in folder.iterdir()) == [*(f"{n:08d}.flac" for n in range(12)), "rows.jsonl"]
    assert all((folder / f"{n:08d}.flac").read_bytes() == world.hub.noise(n) for n in range(12)), (
        "the bytes as they were"
    )
    rows = [json.loads(line)["text"] for line in (folder / "rows.jsonl").read_text().splitlines()]
    assert rows == [f"sentence {n}" for n in range(12)]


def test_nothing_else_is_left_on_the_disk(world: World) -> None:
    """The Hub's own cache holds cards and listings, no audio."""
    assert sum(path.stat().st_size for path in (world.folder / "home").rglob("*") if path.is_file()) < 100_000


def test_rows(world: World, tmp_path: Path) -> None:
    """Downloaded once, nothing is asked any more: this process has no network."""
    revision = world.hub.repositories["o/again"].commit
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "cv.hub.toml").write_text(f'dataset = "o/again"\nconfig = "en"\nrevision = "{revision}"\n')
    listing = Listing(tmp_path)
    listing.add("sub/cv.hub.toml", str(tmp_path / "sub" / "cv.hub.toml"))
    rows = list(read_hub(listing, "sub/cv.hub.toml", world.folder / "unpacked"))
    assert all(isinstance(one, Row) for one in rows)
    first = rows[0]
    assert isinstance(first, Row)
    assert (first.id, first.text, first.line) == ("sub/cv.hub.toml/00000000.flac", "sentence 0", None)
    assert first.audio.read_bytes() == world.hub.noise(0)
    assert first.shown == first.file == tmp_path / "sub/cv.hub.toml/00000000.flac"
    assert len({one.id for one in rows if isinstance(one, Row)}) == 12


@pytest.mark.parametrize("stream", [False, True])
def test_without_a_network(stream: bool, tmp_path: Path) -> None:
    path = tmp_path / "cv.hub.toml"
    path.write_text(PINNED + f"stream = {str(stream).lower()}\n")
    listing = Listing(tmp_path)
    listing.add("cv.hub.toml", str(path))
    found = list(read_hub(listing, "cv.hub.toml", tmp_path / "unpacked"))
    if stream:
        assert found == []
        return
    assert isinstance(found[0], Problem)
    assert format_problems([found[0]]) == (
        f"{path}: error[hub_unreachable]: the Hub cannot be asked for the data set: o/n: HF_HUB_OFFLINE is set, and "
        "the data set has not been downloaded here — unset it for one run with a network"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "no room",
            "bad_reference: o/large: it has 0.0 GB, but * GB are free; write `stream = true` to train without *",
        ),
        ("script", "bad_reference: o/script: it is made by a script of its own, and no code of a data set is run; *"),
        ("csv", "bad_reference: o/csv: its files are csv; name a data set whose files are one of parquet, *"),
        ("empty", "bad_reference: o/empty: it holds no files that can be read; *"),
        ("broken", "bad_reference: o/broken: its files cannot be read (*Parquet*); *"),
        ("moving", "bad_reference: o/moving: its files are elsewhere (hf://datasets/o/moving@main/*"),
        ("local", "bad_reference: o/local: its files cannot be read (Data files don't belong to o/local. *"),
        (
            "gated",
            "hub_unreachable: o/gated: its owner asks for an agreement; accept its terms at *, and set HF_TOKEN *",
        ),
        ("private", "bad_reference: o/private: the Hub has no such data set that you may read; * needs HF_TOKEN"),
        ("no data set", "bad_reference: o/none, en: the Hub has no such data set that you may read; check the name*"),
        ("no commit", f"bad_reference: o/voices, en: there is no commit {COMMIT}; copy one from https://*"),
        ("no configuration", "bad_reference: *: there is no configuration “fr”; write config = one of: en, ar"),
        ("which configuration", "bad_reference: o/voices: it has configurations; write config = one of: en, ar"),
        ("no split", "bad_reference: o/voices, en: there is no split “test”; write one of: train"),
        ("no column", "bad_reference: o/voices, en: no column who among: audio, sentence, client_id, lang*"),
        ("no audio", "bad_reference: o/voices, en: the column `sentence` holds no audio; *"),
        ("gone", "hub_unreachable: o/gone: no connection to the Hub (*); check the network and run again"),
    ],
)
def test_what_cannot_be_read(name: str, expected: str, world: World) -> None:
    told = world.outcomes[name]
    assert isinstance(told, str), told
    assert "\n" not in told
    assert fnmatchcase(told, expected.replace("[", "[[]")), told


def test_the_current_commit_is_named(world: World) -> None:
    commit = world.hub.repositories["o/voices"].commit
    said = (
        f'this does not name a Hub data set that can be read: “main” is no full commit — pin it: revision = "{commit}"'
    )
    assert world.outcomes["unpinned"] == [said]


def test_the_token_goes_to_the_hub_and_nowhere_else(world: World) -> None:
    asked = [one for one in world.hub.requests if "o/private" in one.path]
    assert {one.token for one in asked} == {"hf_wrongwrongwrong"}
    assert "hf_" not in json.dumps(world.outcomes) + world.stderr


def test_without_a_connection_nobody_knows_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx2
    from huggingface_hub import HfApi

    from asr.corpus.hub.examples import current_commit

    def refuse(*_: object, **__: object) -> None:
        raise httpx2.ConnectError("Name or service not known")

    monkeypatch.setattr(HfApi, "dataset_info", refuse)
    assert current_commit("owner/name", "main") == ""
