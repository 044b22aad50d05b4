"""Who trains also tidies up, and says what stands in the way before anything is paid."""

from pathlib import Path

import pytest

from asr.errors import SettingsError
from tasks import backend
from tasks.corpus import Corpora
from tasks.settings import Settings


@pytest.mark.parametrize(("name", "asked"), [("local", 0), ("azure", 1)])
def test_only_what_was_done_at_azure_is_tidied_up_there(name: str, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[Settings] = []
    monkeypatch.setattr(backend, "tidy_azure", tidied.append)
    settings = Settings.model_validate({"backend": name, "language": "en-US"})
    backend.tidy_up(settings)
    assert tidied == asked * [settings]


def test_a_proxy_that_takes_no_live_audio_is_told_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []
    monkeypatch.setattr(backend, "refuse_training", lambda *given: asked.append(given))
    monkeypatch.setenv("HTTPS_PROXY", "socks5://ada:secret@proxy.example.com:1080")
    corpora = Corpora.model_construct()  # nobody reads it
    settings = Settings.model_validate({"backend": "azure", "language": "en-US", "azure": {"region": "westeurope"}})
    with pytest.raises(SettingsError, match="live recognition needs a proxy at http://HOST:PORT") as told:
        backend.try_start(settings, tmp_path, corpora, trains=True)
    assert (asked, "secret" in str(told.value)) == ([], False)
    backend.try_start(settings, tmp_path, corpora, trains=False)
    monkeypatch.setenv("NO_PROXY", ".microsoft.com")
    backend.try_start(settings, tmp_path, corpora, trains=True)
    assert len(asked) == 1
