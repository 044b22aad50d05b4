import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from asr import doctor
from asr.doctor import Finding


def test_this_machine_is_well(tmp_path: Path) -> None:
    findings = list(doctor.examine_machine(tmp_path, {}, tmp_path))
    assert [finding for finding in findings if finding.state == "problem"] == []
    said = {finding.name: finding.message for finding in findings}
    assert torch.__version__ in said["torch"]
    assert sys.version.split()[0] in said["Python"]
    assert "MP3" in said["audio"] and "FLAC" in said["audio"]
    assert said["speech synthesis"] == "espeak-ng speaks"


def test_a_real_product_on_a_device() -> None:
    finding = doctor.device(torch.device("cpu"), "this processor", "x86", ["x86"])
    assert (finding.state, finding.name) == ("ok", "GPU")


def test_a_device_that_does_not_compute_is_a_problem() -> None:
    # Nothing computes on torch's "meta" device, just as a GPU without a kernel for its architecture.
    finding = doctor.device(torch.device("meta"), "Tesla K80", "sm_37", ["sm_75", "sm_90"])
    assert finding.state == "problem"
    assert "Tesla K80 (sm_37) does not compute with this torch, built for sm_75 sm_90" in finding.message
    assert "sm_37" in finding.mend


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_device() -> None:
    (finding,) = [finding for finding in doctor.computation() if finding.name == "GPU"][:1]
    assert "sm_" in finding.message


def test_whatever_a_part_raises_is_a_problem() -> None:
    def broken() -> Iterator[Finding]:
        yield Finding("torch", "ok", "2.0")
        raise ImportError("libcudart.so:\n cannot open")

    well, ill = doctor.look("torch", broken)
    assert well.state == "ok"
    assert (ill.state, ill.message) == ("problem", "ImportError: libcudart.so: cannot open")
    assert ill.mend


def by_name(environ: dict[str, str], home: Path) -> dict[str, Finding]:
    return dict(zip(doctor.TOKENS, doctor.tokens(environ, home), strict=True))


def test_tokens_are_seen_and_not_shown(tmp_path: Path) -> None:
    findings = by_name({"HF_TOKEN": "hf_secret", "AZURE_SPEECH_KEY": "key_secret\n"}, tmp_path)
    assert findings["HF_TOKEN"].message == "HF_TOKEN is set"
    assert findings["AZURE_SPEECH_KEY"].state == "warning"
    assert "secret" not in str(findings)


def test_the_token_of_the_hub_is_found_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / ".cache" / "huggingface" / "token"
    assert "only needed for" in by_name({}, tmp_path)["HF_TOKEN"].message
    file.parent.mkdir(parents=True)
    file.write_text("hf_secret")
    finding = by_name({}, tmp_path)["HF_TOKEN"]
    assert str(file) in finding.message
    assert "secret" not in finding.message
    moved = tmp_path / "elsewhere"
    assert str(file) not in by_name({"HF_HOME": str(moved)}, tmp_path)["HF_TOKEN"].message


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "GB free" in doctor.disk(tmp_path / "not" / "yet").message
    monkeypatch.setattr(doctor, "SCARCE", 1e30)
    monkeypatch.setattr(doctor, "LOW", 1e31)
    assert doctor.disk(tmp_path).state == "problem"


def test_threads_held_back_by_the_environment() -> None:
    assert doctor.processors(0, {"OMP_NUM_THREADS": "0"}).state in {"ok", "warning"}
    held = doctor.processors(-1, {"OMP_NUM_THREADS": "1"})
    assert (held.state, "OMP_NUM_THREADS" in held.mend) == ("warning", True)
    assert doctor.processors(-1, {}).state == "ok"
