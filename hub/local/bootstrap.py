"""Find a Python that is new enough, and let packages.py set up with it.

Run by the Makefile with whatever `python3` is there. The grammar is one that even Python 2.7 reads,
so that an old Python gets a sentence and not a syntax error.

    bootstrap.py [--only-this-python] [--venv FOLDER] REQUIREMENTS...
"""

# mypy: allow-untyped-defs, allow-untyped-calls
# ruff: noqa: RUF005
from __future__ import print_function

import os
import runpy
import subprocess
import sys

OLDEST = (3, 11)
NAMES = ("python3.13", "python3.12", "python3.11", "python3.14", "python3")
PACKAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages.py")


def main(words):
    """Set up with this Python or a newer one; returns the exit code."""
    only_this = "--only-this-python" in words
    words = [word for word in words if word != "--only-this-python"]
    if sys.version_info[:2] >= OLDEST:
        return runpy.run_path(PACKAGES)["main"](words)
    newer = [] if only_this else [name for name in NAMES if version_of(name) >= OLDEST]
    if newer:
        return subprocess.call([newer[0], os.path.abspath(__file__)] + words)
    mine = ".".join(str(part) for part in sys.version_info[:3])
    print(
        "The hub needs Python %d.%d or later, and this is Python %s: install a newer one, or name "
        "one with PYTHON=/path/to/python3.%d." % (OLDEST + (mine, OLDEST[1])),
        file=sys.stderr,
    )
    return 1


def version_of(name):
    """(major, minor) of an interpreter on the PATH; (0, 0) when it is missing or does not run."""
    code = "import sys; print('%d %d' % sys.version_info[:2])"
    try:
        process = subprocess.Popen(
            [name, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        answer = process.communicate()[0].split()
    except EnvironmentError:
        return (0, 0)
    return (int(answer[0]), int(answer[1])) if process.returncode == 0 else (0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
