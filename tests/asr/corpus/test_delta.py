"""What has changed between two corpora: found utterance by utterance, in any mix of changes, in little memory."""

import gzip
import random
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from asr.corpus.delta import MOST_EXAMPLES, Change, Delta, compare
from asr.corpus.utterance import Utterance, utterance_id, write_manifest


def utterance(name: str, text: str = "turn left", seconds: float = 3.6, **others: str) -> Utterance:
    return Utterance(name, Path(name), text, seconds, "h", **others)


def manifest(folder: Path, utterances: list[Utterance]) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.jsonl"
    write_manifest(utterances, path)
    return path


def test_what_came_what_went_and_what_is_different(tmp_path: Path) -> None:
    old = [utterance("a.wav"), utterance("b.wav"), utterance("c.wav"), utterance("d.wav"), utterance("e.wav")]
    new = [
        utterance("a.wav"),
        replace(old[1], text="turn right"),
        replace(old[2], audio_sha256="i", speaker="ann"),
        replace(old[4], source="monday", noise=20.0),
        utterance("f.wav", seconds=7.2),
    ]
    delta = compare(manifest(tmp_path, old), manifest(tmp_path, new))
    assert (delta.added, delta.removed, delta.changed) == (1, 1, 3)
    assert delta.hours_added == pytest.approx(0.002)
    assert delta.hours_removed == pytest.approx(0.001)
    assert delta.changed_parts == {"text": 1, "audio": 1, "columns": 2}
    assert (delta.added_examples, delta.removed_examples) == (("f.wav",), ("d.wav",))
    assert delta.changed_examples == (
        Change(id="b.wav", parts=("text",), before="turn left", after="turn right"),
        Change(id="c.wav", parts=("audio", "columns"), before="turn left", after="turn left"),
        Change(id="e.wav", parts=("columns",), before="turn left", after="turn left"),
    )
    assert bool(delta)
    assert delta.sentence() == "1 added (7.2 s), 1 removed (3.6 s), 3 changed (1 text, 2 columns, 1 audio)"


def test_where_it_lies_is_no_change(tmp_path: Path) -> None:
    old = [utterance("a.wav"), utterance("b.wav")]
    new = [replace(one, audio=Path("/elsewhere") / one.id, shown=Path("x"), samples_sha256="new") for one in old]
    delta = compare(manifest(tmp_path, old), manifest(tmp_path, new))
    assert not delta
    assert delta == Delta()
    assert delta.sentence() == "nothing has changed"


def test_against_nothing(tmp_path: Path) -> None:
    some = manifest(tmp_path, [utterance("a.wav"), utterance("b.wav")])
    assert compare(None, some).added_examples == ("a.wav", "b.wav")
    assert compare(some, None).removed == 2
    assert compare(None, None) == Delta()


def test_a_packed_manifest(tmp_path: Path) -> None:
    plain = manifest(tmp_path, [utterance("a.wav")])
    packed = tmp_path / "old.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert not compare(packed, plain)


def test_segments_are_in_the_order_of_time(tmp_path: Path) -> None:
    def cut(*starts: float) -> list[Utterance]:
        return [replace(utterance(utterance_id("call.wav", start, 2.0)), start=start) for start in starts]

    old = [*cut(0.0, 9.5, 10.0, 100.25), utterance("call.wav.wav")]
    new = [*cut(0.0, 10.0, 20.0, 100.25), utterance("call.wav.wav")]
    delta = compare(manifest(tmp_path, old), manifest(tmp_path, new))
    assert (delta.added_examples, delta.removed_examples, delta.changed) == (
        ("call.wav@20.000+2.000",),
        ("call.wav@9.500+2.000",),
        0,
    )


def test_any_mix_of_changes(tmp_path: Path) -> None:
    choice = random.Random(5)
    for _ in range(20):
        names = sorted({f"{choice.choice('aé/Zz')}{choice.randrange(60)}.wav" for _ in range(60)})
        old = {name: utterance(name) for name in names if choice.random() < 0.7}
        new = {name: utterance(name, choice.choice(["turn left", "stop"])) for name in names if choice.random() < 0.7}
        delta = compare(manifest(tmp_path, list(old.values())), manifest(tmp_path, list(new.values())))
        assert delta.added == len(new.keys() - old.keys())
        assert delta.removed == len(old.keys() - new.keys())
        assert delta.changed == sum(old[name].text != new[name].text for name in old.keys() & new.keys())


def test_examples_are_few_and_short(tmp_path: Path) -> None:
    old = [utterance(f"{number:04}{'x' * 500}.wav", "left " * 500) for number in range(300)]
    new = [replace(one, text="right " * 500) for one in old]
    changed = compare(manifest(tmp_path, old), manifest(tmp_path, new))
    assert (changed.changed, len(changed.changed_examples)) == (300, MOST_EXAMPLES)
    assert compare(None, manifest(tmp_path, new)).added_examples[0].endswith("…")
    assert len(changed.model_dump_json()) < 10_000


@pytest.mark.parametrize("content", ["{", "[]\n", '{"id": "a"}\n', "null\n"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: str) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text(content)
    with pytest.raises((ValueError, TypeError, KeyError)):
        compare(broken, None)


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir(exist_ok=True)
        some = manifest(folder, [utterance(f"{number:07}.wav") for number in range(count)])
        other = manifest(folder, [utterance(f"{number:07}.wav", "stop") for number in range(0, 2 * count, 2)])
        tracemalloc.start()
        try:
            assert compare(some, other).changed == count // 2
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(3000)  # what is loaded once, and the table in which Python keeps the parts of all paths
    assert peak(3000) < 1.3 * peak(1000)
