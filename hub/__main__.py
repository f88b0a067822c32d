"""``python -m hub``: the other composition root; commands that need sectors import them."""

from hub.cli import main

main()
