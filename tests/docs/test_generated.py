import shutil
import subprocess
import sys
from pathlib import Path

from tasks.settings import setting_fields


def generate(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)


def test_the_pages_are_up_to_date(repository: Path) -> None:
    ran = generate(repository / "docs" / "generate.py", "--check")
    assert ran.returncode == 0, ran.stderr


def test_a_stale_page_is_named(repository: Path, tmp_path: Path) -> None:
    for floor in ("asr", "tasks", "flows"):
        (tmp_path / floor).symlink_to(repository / floor)
    (tmp_path / "docs").mkdir()
    script = Path(shutil.copy(repository / "docs" / "generate.py", tmp_path / "docs"))
    assert generate(script).returncode == 0
    assert generate(script, "--check").returncode == 0
    page = tmp_path / "docs" / "settings.md"
    page.write_text(page.read_text().replace("0.05", "0.06"))
    ran = generate(script, "--check")
    assert ran.returncode == 1
    assert ran.stderr == "docs/settings.md is not up to date; run: python docs/generate.py\n"


def test_every_setting_is_there(repository: Path) -> None:
    page = (repository / "docs" / "settings.md").read_text(encoding="utf-8")
    for key in setting_fields():
        assert f"`{'.'.join(key)}`" in page
