"""The Hub holds a release or the one before, never half of one; nothing goes there that is no part of a model."""

import json
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from asr.errors import ModelError, UserError
from asr.releases.hub import HubPlace
from asr.releases.hub_access import access
from tests.asr.releases.hub_server import GONE, READS, WRITES, Hub

MODEL = "org/speech"


def staged(folder: Path, name: str, weights: bytes = b"weights", **more: bytes) -> Path:
    """A release as it is staged."""
    version = int(name.partition("-")[0].removeprefix("v"))
    facts = {"model": "wergate", "version": version, "fingerprint": "f" * 64, "by": "Ada Lovelace"}
    files = {"config.json": b"{}", "tokenizer.json": b"{}", "vocab.txt": b"a", "model.safetensors": weights}
    files |= {"release.json": json.dumps(facts).encode(), "README.md": b"# The base\n"} | more
    (folder / name).mkdir()
    for file, content in files.items():
        (folder / name / file).write_bytes(content)
    return folder / name


def files(hub: Hub) -> dict[str, bytes]:
    return {name: content for name, content in hub.repositories[MODEL].main.files.items() if name != ".gitattributes"}


def messages(hub: Hub) -> list[str]:
    return [one.message for one in hub.repositories[MODEL].commits]


def test_the_first_release_makes_a_private_repository(hub: Hub, tmp_path: Path) -> None:
    place = HubPlace(MODEL)
    assert place.live() is None
    place.release(staged(tmp_path, "v1-aaaaaaaa"))
    assert hub.repositories[MODEL].private
    assert messages(hub) == ["initial commit", "Release v1-aaaaaaaa"], "in one commit"
    assert files(hub).keys() == {
        "README.md", "config.json", "model.safetensors", "release.json", "tokenizer.json", "vocab.txt",
    }  # fmt: skip
    assert files(hub)["model.safetensors"] == b"weights"
    assert hub.repositories[MODEL].tags == {"v1-aaaaaaaa": hub.repositories[MODEL].main.oid}
    assert place.live() == "v1-aaaaaaaa"
    assert hub.asked("resolve/main/model.safetensors") == [], "to know what is live, no weights are needed"


def test_the_card_on_the_hub_is_that_of_the_release(hub: Hub, tmp_path: Path) -> None:
    HubPlace(MODEL).release(staged(tmp_path, "v1-aaaaaaaa"))
    card = files(hub)["README.md"].decode()
    assert card.startswith("---\n") and f'model="{MODEL}"' in card
    assert "The base" not in card
    published = b"".join(files(hub).values())
    assert b"Ada" not in published, "who decided stays here"


def test_another_release_takes_its_place_whole(hub: Hub, tmp_path: Path) -> None:
    place = HubPlace(MODEL)
    place.release(staged(tmp_path, "v1-aaaaaaaa", **{"wergate_decoding.json": b"{}"}))
    place.release(staged(tmp_path, "v2-bbbbbbbb", weights=b"other weights"))
    assert place.live() == "v2-bbbbbbbb"
    assert "wergate_decoding.json" not in files(hub), "of the release before"
    assert files(hub)["model.safetensors"] == b"other weights"
    assert ".gitattributes" in hub.repositories[MODEL].main.files
    assert messages(hub)[1:] == ["Release v1-aaaaaaaa", "Release v2-bbbbbbbb"]


def test_going_back_sends_no_weights_and_keeps_the_tag(hub: Hub, tmp_path: Path) -> None:
    place, first = HubPlace(MODEL), staged(tmp_path, "v1-aaaaaaaa")
    place.release(first)
    place.release(staged(tmp_path, "v2-bbbbbbbb", weights=b"other weights"))
    tags, sent = dict(hub.repositories[MODEL].tags), len(hub.asked("PUT /large"))
    place.release(first)
    assert (place.live(), files(hub)["model.safetensors"]) == ("v1-aaaaaaaa", b"weights")
    assert messages(hub)[-1] == "Restore v1-aaaaaaaa"
    assert hub.repositories[MODEL].tags == tags
    assert len(hub.asked("PUT /large")) == sent == 2


def test_killed_before_the_tag_it_is_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    place, folder = HubPlace(MODEL), staged(tmp_path, "v1-aaaaaaaa")
    place.release(folder)
    hub.repositories[MODEL].tags.clear()
    assert place.live() is None
    place.release(folder)
    assert place.live() == "v1-aaaaaaaa"
    assert messages(hub) == ["initial commit", "Release v1-aaaaaaaa"], "it was there"


def test_what_is_no_part_of_a_model_stays_here(hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    extra = {
        "optimizer.pt": b"p", "optimizer.safetensors": b"o", "pytorch_model.bin": b"p", "modeling.py": b"import os",
        "trainer_state.json": b"{}", "training_args.bin": b"p", "token": b"hf_secret", "take.wav": b"RIFF",
    }  # fmt: skip
    folder = staged(tmp_path, "v1-aaaaaaaa", **extra)
    (folder / "checkpoint-100").mkdir()
    (folder / "checkpoint-100" / "model.safetensors").write_bytes(b"old")
    (tmp_path / "elsewhere.json").write_text("{}")
    (folder / "linked.json").symlink_to(tmp_path / "elsewhere.json")
    with caplog.at_level(logging.WARNING, "asr.releases.hub"):
        HubPlace(MODEL).release(folder)
    assert files(hub).keys() == {
        "README.md", "config.json", "model.safetensors", "release.json", "tokenizer.json", "vocab.txt",
    }  # fmt: skip
    assert "not on the Hub, for it is no part of a model: checkpoint-100, linked.json, modeling.py" in caplog.text
    assert "and 5 more" in caplog.text


def test_a_list_of_what_to_ignore_keeps_nothing_out(hub: Hub, tmp_path: Path) -> None:
    place = HubPlace(MODEL)
    place.release(staged(tmp_path, "v1-aaaaaaaa"))
    by_hand = hub.repositories[MODEL]
    by_hand.add("by hand", {**by_hand.main.files, ".gitignore": b"model.safetensors vocab.txt"})
    place.release(staged(tmp_path, "v2-bbbbbbbb", weights=b"other weights", **{"vocab.txt": b"b"}))
    assert (files(hub)["model.safetensors"], files(hub)["vocab.txt"]) == (b"other weights", b"b")
    assert ".gitignore" not in files(hub)


def test_no_release_is_refused_before_the_hub_is_asked(hub: Hub, tmp_path: Path) -> None:
    folder = staged(tmp_path, "v1-aaaaaaaa")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"v1-aaaaaaaa: no config.json with safetensors; this is no release"):
        HubPlace(MODEL).release(folder)
    (folder / "release.json").write_text("[]")
    with pytest.raises(ModelError, match=r"release.json: it does not say which model it is; delete the folder"):
        HubPlace(MODEL).release(folder)
    assert hub.requests == []


def test_what_somebody_else_has_put_there_is_not_deleted(hub: Hub, tmp_path: Path) -> None:
    hub.make(MODEL, **{"README.md": b"Mine", "model.safetensors": b"mine", "config.json": b"{}"})
    assert HubPlace(MODEL).live() is None
    with pytest.raises(
        UserError, match=r"release_to_hub, org/speech: it holds files that no release .* \(config.json, m"
    ):
        HubPlace(MODEL).release(staged(tmp_path, "v1-aaaaaaaa"))
    assert (messages(hub), hub.large) == (["initial commit"], {})
    hub.make(MODEL, **{"README.md": b"An empty repository may say what it is for"})
    HubPlace(MODEL).release(tmp_path / "v1-aaaaaaaa")
    assert HubPlace(MODEL).live() == "v1-aaaaaaaa"


def test_a_commit_of_somebody_else_meanwhile(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfApi

    place = HubPlace(MODEL)
    place.release(staged(tmp_path, "v1-aaaaaaaa"))
    upload = HfApi.preupload_lfs_files

    def meanwhile(*arguments: Any, **options: Any) -> None:
        upload(*arguments, **options)
        hub.repositories[MODEL].add("by hand", {**hub.repositories[MODEL].main.files, "notes.txt": b"mine"})

    monkeypatch.setattr(HfApi, "preupload_lfs_files", meanwhile)
    with pytest.raises(UserError, match=r"somebody else changed it meanwhile .*; run the same command again"):
        place.release(staged(tmp_path, "v2-bbbbbbbb", weights=b"other weights"))
    assert messages(hub)[-1] == "by hand"
    assert place.live() == "v1-aaaaaaaa"


TOO_LONG = b'{"name": "v1"' + b" " * (1 << 20) + b"}"


@pytest.mark.parametrize(
    "about",
    [b"no json", b"[]", b'{"name": 7}', b'{"name": ""}', TOO_LONG],
    ids=["text", "list", "number", "empty", "long"],
)
def test_a_release_json_that_says_nothing(hub: Hub, about: bytes) -> None:
    made = hub.make(MODEL, **{"release.json": about})
    made.tags["v1"] = made.main.oid
    assert HubPlace(MODEL).live() is None


@pytest.mark.parametrize(
    ("step", "status", "said"),
    [
        ("resolve/main", 429, "too many requests for the Hub .*; wait some minutes and run again"),
        ("resolve/main", 503, "the Hub answered 503 .*; see https://status.huggingface.co and run again later"),
        ("resolve/main", GONE, r"no connection to the Hub \(\w+\); check the network and run again"),
        ("preupload", 403, "this token may not write there .*; set HF_TOKEN .* or name a repository of yours"),
        ("preupload", 429, "too many requests"),
        ("objects/batch", 500, "the Hub answered 500"),
        ("PUT /large", 507, "there is no room for it on the Hub"),
        ("PUT /large", GONE, "no connection to the Hub"),
        ("validate-yaml", 401, "the Hub does not know who asks .*; set HF_TOKEN in the environment"),
        ("commit/main", GONE, "no connection to the Hub"),
        ("commit/main", 422, r"the Hub answered 422 \(as the test wants it\)"),
        ("/tag/", 500, "the Hub answered 500"),
    ],
    ids=lambda value: str(value).partition(" ")[0].strip("/"),
)
def test_what_fails_is_one_line_and_can_be_done_again(
    hub: Hub, tmp_path: Path, step: str, status: int, said: str
) -> None:
    place = HubPlace(MODEL)
    place.release(staged(tmp_path, "v1-aaaaaaaa"))
    hub.fails[step] = status
    second = staged(tmp_path, "v2-bbbbbbbb", weights=b"other weights")
    with pytest.raises(UserError, match=f"release_to_hub, org/speech: {said}") as failure:
        place.live()
        place.release(second)
    assert len(str(failure.value).splitlines()) == 1
    assert WRITES not in str(failure.value)
    assert messages(hub)[-1] == ("Release v2-bbbbbbbb" if step == "/tag/" else "Release v1-aaaaaaaa")
    hub.fails.clear()
    assert place.live() == (None if step == "/tag/" else "v1-aaaaaaaa")
    place.release(second)
    assert (place.live(), messages(hub)[-1]) == ("v2-bbbbbbbb", "Release v2-bbbbbbbb")


def test_without_a_token(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(UserError, match=r"the Hub does not know who asks .*; set HF_TOKEN in the environment"):
        HubPlace(MODEL).live()


def test_a_token_that_may_only_read(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", READS)
    assert HubPlace(MODEL).live() is None
    with pytest.raises(UserError, match=r"this token may not write there \(You don't have the rights for org/speech\)"):
        HubPlace(MODEL).release(staged(tmp_path, "v1-aaaaaaaa"))
    assert hub.repositories == {}


def test_offline(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="org/speech: HF_HUB_OFFLINE is set; unset it, or empty release_to_hub"):
        HubPlace(MODEL).live()


def test_a_hub_that_says_nothing_is_left(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr("asr.releases.hub.PATIENCE", 0.1)
        monkeypatch.setattr("asr.releases.hub_client._LONGEST_WORK", 0.1)
        with pytest.raises(UserError, match=r"no connection to the Hub \(Timeout\w*\); check the network"):
            HubPlace(MODEL).live()
        (finding,) = access(MODEL)
        assert "Timeout" in finding.message


# What the doctor says


@pytest.mark.parametrize(
    ("token", "repository", "there", "state", "said"),
    [
        (WRITES, MODEL, True, "ok", "the token may write to org/speech"),
        (WRITES, MODEL, False, "ok", "org/speech is not there yet; the first release makes it, private"),
        (WRITES, "ada/speech", False, "ok", "ada/speech is not there yet"),
        (WRITES, "bob/speech", False, "problem", "ada is no member of bob"),
        (WRITES, "bob/speech", True, "problem", "this token may not write there"),
        (READS, MODEL, True, "problem", "this token may not write there"),
        (READS, MODEL, False, "problem", "this token of ada may only read"),
        ("", MODEL, True, "problem", "the Hub does not know who asks"),
        ("hf_wrong", MODEL, False, "problem", "the Hub does not know who asks"),
    ],
    ids=["writes", "new", "own", "foreign-new", "foreign", "reads", "reads-new", "none", "wrong"],
)
def test_whether_a_token_may_write(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, token: str, repository: str, there: bool, state: str, said: str
) -> None:
    if there:
        hub.make(repository)
    monkeypatch.setenv("HF_TOKEN", token)
    (finding,) = access(repository)
    assert (finding.state, said in finding.message, bool(finding.mend)) == (state, True, state != "ok")
    assert "hf_" not in str(finding)
