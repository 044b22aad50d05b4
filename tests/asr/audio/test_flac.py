from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.audio import AudioError, as_int16, decode, write_flac

Sweep = Callable[..., np.ndarray]


def test_flac_is_the_same_bytes_every_time_and_reads_back_exactly(tmp_path: Path, sweep: Sweep) -> None:
    samples = sweep(2.0)
    write_flac(tmp_path / "deep" / "a.flac", samples)
    write_flac(tmp_path / "b.flac", samples)

    assert (tmp_path / "deep" / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()
    np.testing.assert_array_equal(as_int16(decode(tmp_path / "b.flac")), as_int16(samples))
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "b.flac"}


def test_only_sound_is_written(tmp_path: Path, sweep: Sweep) -> None:
    broken = sweep()
    broken[100] = np.nan

    for samples, rule in ((broken, "not_finite"), (np.zeros(0, np.float32), "empty_audio")):
        with pytest.raises(AudioError) as caught:
            write_flac(tmp_path / "out.flac", samples)
        assert caught.value.rule == rule
    assert list(tmp_path.iterdir()) == []


def test_full_scale_is_clipped_not_wrapped() -> None:
    assert as_int16(np.array([1.5, 1.0, -1.0, -1.5], np.float32)).tolist() == [32767, 32767, -32768, -32768]


def test_a_comment_is_kept_beside_the_sound(tmp_path: Path, sweep: Sweep) -> None:
    write_flac(tmp_path / "a.flac", sweep(), comment="said in May")

    with soundfile.SoundFile(tmp_path / "a.flac") as file:
        assert file.comment == "said in May"
    np.testing.assert_array_equal(as_int16(decode(tmp_path / "a.flac")), as_int16(sweep()))
