import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.azure_emulator.running import emulator_process


def test_a_process_of_its_own_says_what_it_is_and_keeps_what_it_holds(tmp_path: Path) -> None:
    def create(address: str, key: str) -> int:
        request = urllib.request.Request(
            f"{address}/speechtotext/projects?api-version=2025-10-15",
            b'{"displayName": "x", "locale": "en-US"}',
            {"Ocp-Apim-Subscription-Key": key, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)

    with emulator_process(tmp_path / "held", key="my-key", recognizer="scripted", pace=0.01) as emulator:
        said = "\n".join(emulator.lines)
        assert "EMULATOR" in said
        assert "export AZURE_SPEECH_KEY=my-key" in said
        assert f"--data-folder data/emulated --azure-address {emulator.address} " in said
        assert create(emulator.address, "my-key") == 201
        emulator.kill()

    with emulator_process(tmp_path / "held", key="my-key", recognizer="scripted") as emulator:
        assert emulator.counts()["now"]["projects"] == 1
        emulator.control("faults", {"kind": "error", "status": 503})
        with pytest.raises(urllib.error.HTTPError, match="503"):
            create(emulator.address, "my-key")
        assert create(emulator.address, "my-key") == 201
        assert emulator.counts()["created"]["projects"] == 2
        emulator.control("reset", {})
        assert emulator.counts()["created"]["projects"] == 0


def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="--tier"), emulator_process(tmp_path, tier="Z9"):
        pass
