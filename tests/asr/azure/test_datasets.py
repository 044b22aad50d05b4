"""A file becomes a dataset once: found by its content, gone on with after an interruption, judged when imported."""

import hashlib
import json
import re
import threading
import zipfile
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from asr.azure import datasets as datasets_module
from asr.azure.azure_error import AzureError, TimedOut
from asr.azure.block_upload import upload_blocks
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import Dataset
from asr.azure.marks import Maker
from asr.azure.parts import DataFile, Parts
from asr.errors import DataError
from tests.azure_emulator.datasets import import_of

UPLOAD = "Datasets_UploadBlock"


@pytest.fixture
def audio(write_corpus: Any, parts_of: Any) -> Parts:
    """Two utterances as one zip."""
    parts: Parts = parts_of(write_corpus())
    return parts


@pytest.fixture
def ensure(azure: Any, maker: Maker) -> Callable[..., Dataset]:
    """Make sure that the only part of some parts is at the service."""

    def call(parts: Parts, who: Maker = maker, **options: Any) -> Dataset:
        [part] = parts.parts
        options = {"patience": 20.0, **options}
        return ensure_dataset(azure.service, who, "training Acoustic", part, lambda: parts.path(part), **options)

    return call


def text_part(folder: Path, text: str, locale: str = "en-US") -> Parts:
    """Plain text, as it is."""
    folder.mkdir(exist_ok=True)
    (folder / "plain_text.txt").write_text(text, encoding="utf-8-sig", newline="")
    content = (folder / "plain_text.txt").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    part = DataFile(kind="Language", file="plain_text.txt", sha256=sha256, size=len(content), locale=locale)
    return Parts(folder=folder, parts=(part,), seconds=0.0)


def test_the_same_content_is_uploaded_once(azure: Any, ensure: Any, audio: Parts) -> None:
    progress: list[tuple[int, int]] = []
    first = ensure(audio, progress=lambda sent, of: progress.append((sent, of)))
    assert (first.status, first.kind, first.locale) == ("Succeeded", "Acoustic", "en-US")
    assert (first.properties.accepted_line_count, first.properties.rejected_line_count) == (2, 0)
    assert progress[-1] == (audio.parts[0].size, audio.parts[0].size)

    def never() -> Path:
        raise AssertionError("it is there already")

    [part] = audio.parts
    again = ensure_dataset(
        azure.service, Maker("wergate", "run-2"), "training Acoustic", part, never, patience=20.0
    )  # another run of the project
    assert again.id == first.id
    assert (azure.calls(UPLOAD), len(azure.all(Dataset))) == (1, 1)


def test_another_project_has_its_own(azure: Any, ensure: Any, audio: Parts) -> None:
    first = ensure(audio)
    other = ensure(audio, Maker("other"))
    assert other.id != first.id
    assert len(azure.all(Dataset)) == 2
    assert azure.service.get(Dataset, first.id).custom_properties["wergate.run"] == "run-1", "it was not touched"


def test_an_interrupted_upload_goes_on(azure: Any, ensure: Any, audio: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    size = audio.parts[0].size
    block = size // 5 + 1

    def in_blocks(service: Any, dataset: Dataset, path: Path, **options: Any) -> None:
        upload_blocks(service, dataset, path, block_size=block, workers=1, **options)

    monkeypatch.setattr(datasets_module, "upload_blocks", in_blocks)
    azure.fails("error", UPLOAD, after=3, times=-1)
    with pytest.raises(AzureError, match=r"PUT datasets/.*/blocks: "):
        ensure(audio)
    [begun] = azure.all(Dataset)
    assert len(azure.service.uploaded(begun).uncommitted_blocks) == 3
    azure.emulator.state.faults.clear()
    before = azure.calls(UPLOAD)

    found = ensure(audio)

    assert azure.calls(UPLOAD) - before == 2, "only what is missing"
    assert (found.id, found.status, len(azure.all(Dataset))) == (begun.id, "Succeeded", 1)


def test_japanese_text_of_any_length_is_accepted(azure: Any, maker: Maker, write_corpus: Any, parts_of: Any) -> None:
    text = "".join(f"{number}\u756a\u306e\u8239\n" for number in range(20_001))
    corpus = write_corpus({}, files={"plain_text.txt": text}, locale="ja-JP")
    parts: Parts = parts_of(corpus, frozenset({"Language"}), locale="ja-JP")
    datasets = [
        ensure_dataset(azure.service, maker, "training Language", part, lambda part=part: parts.path(part), patience=20)
        for part in parts.parts
    ]
    assert [(one.status, one.properties.accepted_line_count) for one in datasets if one.properties] == [
        ("Succeeded", 20_000),
        ("Succeeded", 1),
    ]


def test_two_machines_that_upload_the_same_share_a_dataset(
    azure: Any, ensure: Any, audio: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have found it empty; the other one is done first."""
    others: list[Dataset] = []

    def upload(service: Any, dataset: Dataset, path: Path, **options: Any) -> None:
        if not others:
            others.append(dataset)
            others.append(ensure(audio, Maker("wergate", "run-2"), progress=options["progress"]))
        upload_blocks(service, dataset, path, **options)

    monkeypatch.setattr(datasets_module, "upload_blocks", upload)
    found = ensure(audio)
    assert (found.id, found.status) == (others[1].id, "Succeeded")
    assert len(azure.all(Dataset)) == 1


def test_killed_after_the_commit_the_import_is_waited_for(azure: Any, ensure: Any, audio: Parts, maker: Maker) -> None:
    azure.fails("stuck", "datasets")
    with pytest.raises(TimedOut, match="still Running"):
        ensure(audio, patience=0.3)
    [stuck] = azure.all(Dataset)
    entity = azure.emulator.state.store.get("datasets", stuck.id)
    before = azure.calls(UPLOAD)
    azure.emulator.state.jobs.start(entity, import_of(azure.emulator.state, entity))
    assert (ensure(audio).id, azure.calls(UPLOAD)) == (stuck.id, before)


def test_killed_before_the_import_began_the_file_is_not_asked_for(
    azure: Any, ensure: Any, audio: Parts, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks are all there, and what waits for its import takes no more of them."""
    jobs = azure.emulator.state.jobs
    start = jobs.start
    monkeypatch.setattr(jobs, "start", lambda entity, work: start(entity, work) if not late else late.append(work))
    late: list[Any] = [None]
    with pytest.raises(TimedOut, match="still NotStarted"):
        ensure(audio, patience=0.2)
    [waiting] = azure.all(Dataset)
    [_, work] = late
    late.clear()
    [part] = audio.parts
    audio.path(part).unlink()
    calls = azure.calls(UPLOAD)
    asked = azure.service.uploaded

    def begins(dataset: Dataset) -> Any:
        blocks = asked(dataset)
        start(azure.emulator.state.store.get("datasets", dataset.id), work)
        return blocks

    monkeypatch.setattr(azure.service, "uploaded", begins)
    assert (ensure(audio).id, azure.calls(UPLOAD)) == (waiting.id, calls)


def test_a_failed_import_tells_what_the_report_says(azure: Any, ensure: Any, tmp_path: Path) -> None:
    parts = text_part(tmp_path / "text", "see www.example.org\r\n")
    with pytest.raises(AzureError) as raised:
        ensure(parts)
    said = str(raised.value)
    assert said.startswith("plain_text.txt (training Acoustic): the service could not import it (DataImportFailed: No")
    assert "line 1: it holds a URI." in said.partition("; ")[2], "the words of the report"
    assert "\n" not in said


def test_a_failed_one_is_deleted_and_begun_anew(azure: Any, ensure: Any, audio: Parts) -> None:
    azure.fails("fail", "datasets", message="a bad day")
    with pytest.raises(AzureError, match=r"could not import it .*a bad day"):
        ensure(audio)
    [failed] = azure.all(Dataset)
    anew = ensure(audio)
    assert anew.status == "Succeeded"
    assert [one.id for one in azure.all(Dataset)] == [anew.id] != [failed.id]
    assert azure.calls(UPLOAD) == 2


def test_a_failed_import_without_a_report(azure: Any, ensure: Any, audio: Parts) -> None:
    azure.fails("fail", "datasets")
    azure.fails("error", "Datasets_ListFiles", times=-1)
    with pytest.raises(AzureError, match=r"check the data with wergate validate$"):
        ensure(audio)


@pytest.mark.parametrize(("most", "passes"), [(0.25, True), (0.24, False), (0.0, False)], ids=["at", "over", "none"])
def test_rejected_lines(
    azure: Any, ensure: Any, tmp_path: Path, most: float, passes: bool, caplog: pytest.LogCaptureFixture
) -> None:
    parts = text_part(tmp_path / "text", "one line\r\ntwo lines\r\nthree lines\r\nsee www.example.org\r\n")
    told = r"plain_text\.txt \(training Acoustic\): the service left out 1 of 4 lines: .*it holds a URI"
    if passes:
        assert ensure(parts, max_rejected=most).status == "Succeeded"
        [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert re.match(told, warning)
        return
    for _ in range(2):  # what was uploaded is looked at again
        with pytest.raises(DataError, match=f"{told}.*; azure.max_rejected is {most:.0%}; mend the lines") as raised:
            ensure(parts, max_rejected=most)
    assert "\n" not in str(raised.value)
    assert azure.calls(UPLOAD) == 1


def test_a_long_report_is_cut(azure: Any, ensure: Any, tmp_path: Path) -> None:
    lines = "a good line\r\n" + "".join(f"see www.example.org/{number}\r\n" for number in range(500))
    with pytest.raises(DataError) as raised:
        ensure(text_part(tmp_path / "text", lines), max_rejected=0.1)
    assert "left out 500 of 501 lines" in str(raised.value)
    assert len(str(raised.value)) < 700 and "…" in str(raised.value)


def test_a_report_that_is_no_json(azure: Any, ensure: Any, audio: Parts) -> None:
    azure.fails("reject", "datasets", lines=1)
    dataset = ensure(audio)
    store = azure.emulator.state.store
    [report] = [file for file in store.get("datasets", dataset.id).files if file.kind == "DatasetReport"]
    assert json.loads(store.content(report.id).read_bytes())["rejectedLineCount"] == 1
    store.content(report.id).write_bytes(b"\xff line 2:\n  no audio")
    report.size = store.content(report.id).stat().st_size
    with pytest.raises(DataError, match=r"1 of 2 lines: � line 2: no audio; azure.max_rejected is 10%"):
        ensure(audio, max_rejected=0.1)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_report_shows_no_secrets(azure: Any, ensure: Any, audio: Parts, as_json: bool) -> None:
    azure.fails("reject", "datasets", lines=1)
    dataset = ensure(audio)
    store = azure.emulator.state.store
    [report] = [file for file in store.get("datasets", dataset.id).files if file.kind == "DatasetReport"]
    said = "\x1b[31mno audio at https://a.blob.core.windows.net/x.wav?sv=1&sig=SECRETSIG \u202e"
    store.content(report.id).write_text(json.dumps([said]) if as_json else said, encoding="utf-8")
    report.size = store.content(report.id).stat().st_size
    with pytest.raises(DataError, match=r"no audio at https://a\.blob\.core\.windows\.net/x\.wav") as raised:
        ensure(audio, max_rejected=0.1)
    assert "SECRETSIG" not in str(raised.value) and str(raised.value).isprintable()


def test_a_failed_import_shows_no_secrets(azure: Any, ensure: Any, audio: Parts) -> None:
    azure.fails("fail", "datasets", message="one\ntwo https://a.net/x?sig=SECRETSIG \x1b[31m" + "z" * 5000)
    with pytest.raises(AzureError, match=r"could not import it \([A-Za-z]+: one two https://a\.net/x \[31mz") as raised:
        ensure(audio)
    assert "SECRETSIG" not in str(raised.value) and str(raised.value).isprintable() and len(str(raised.value)) < 800


def test_a_full_resource_is_one_line(emulate: Any, maker: Maker, audio: Parts) -> None:
    azure = emulate(most_datasets=0)
    [part] = audio.parts
    with pytest.raises(AzureError, match=r"holds 0 datasets.*\(403 Forbidden/QuotaViolation\); .*wergate azure clean"):
        ensure_dataset(azure.service, maker, "training Acoustic", part, lambda: audio.path(part), patience=5.0)


def test_what_was_uploaded_is_what_was_written(azure: Any, ensure: Any, audio: Parts, tmp_path: Path) -> None:
    dataset = ensure(audio)
    [file] = [one for one in azure.service.files(dataset) if one.kind == "AcousticDataArchive"]
    content = azure.service.content(file, 10_000_000)
    assert content == audio.path(audio.parts[0]).read_bytes()
    (tmp_path / "back.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "back.zip") as archive:
        assert archive.read("trans.txt").decode("utf-8-sig").startswith("one.wav\tthe zebra went to the city\r\n")


def test_a_dataset_is_made_from_an_address_as_well(azure: Any, maker: Maker, audio: Parts, tmp_path: Path) -> None:
    """The service fetches it itself: for data that lie in a store which it can read."""
    [part] = audio.parts
    served = partial(SimpleHTTPRequestHandler, directory=str(audio.path(part).parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{part.file}"
        asked = Dataset(
            display_name=maker.name("training Acoustic", part.fingerprint),
            locale=part.locale,
            kind=part.kind,
            content_url=url,
            custom_properties=maker.mark("training Acoustic", part.fingerprint),
        )
        made = azure.service.wait(Dataset, azure.service.create(asked).id, deadline=20.0)
        server.shutdown()
    assert (made.status, made.properties.accepted_line_count) == ("Succeeded", 2)
    again = ensure_dataset(
        azure.service, maker, "training Acoustic", part, lambda: tmp_path / "never read", patience=20.0
    )
    assert again.id == made.id, "it is found by its content, however it came there"
