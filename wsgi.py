"""The composition root of the web role: where the hub and the city's sectors meet."""

from blueprints import SECTORS
from hub.app import create_app
from hub.settings import Settings

app = create_app(Settings.from_env(), SECTORS)
