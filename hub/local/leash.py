"""Turn into another program that ends when the process which started it ends.

Run as a script, by path and with `python -I -S`: it uses the standard library only, starts in a
few milliseconds, and replaces itself by the program, so the process id stays the same.

    leash.py SIGNAL PARENT UID GID PROGRAM [ARGUMENT...]

SIGNAL is what the kernel sends when the starting *thread* is gone, also after `kill -9` (Linux;
elsewhere the next start clears up). UID and GID of -1 keep the account. The account changes
before the leash is put on, because the kernel takes the leash off when the account changes.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def become(signal: int, parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Change the account, put the leash on, replace this process. Returns never."""
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the starting process is gone")
    os.execvp(command[0], command)  # noqa: S606 (no shell: the words are what they are)


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:5]]
    become(numbers[0], numbers[1], numbers[2], numbers[3], sys.argv[5:])
