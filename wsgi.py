"""The composition root of the web role: where the hub and the city's sectors meet."""

import gc

# Next to nothing of what a start makes is garbage: looking for some costs a fifth of it. What is
# frozen afterwards, no later collection looks through again.
gc.disable()

from blueprints import SECTORS  # noqa: E402
from hub.app import create_app  # noqa: E402
from hub.settings import Settings  # noqa: E402

app = create_app(Settings.from_env(), SECTORS)
gc.freeze()
gc.enable()
