"""``python -m hub``: the other composition root; commands that need sectors import them."""

from hub.cli import main
from hub.local import environment

environment.adopt()  # a second terminal finds the embedded database of its HUB_HOME
main()
