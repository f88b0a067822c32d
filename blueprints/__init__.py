"""The sectors of the city, one package each."""

from hub.web import Sector

SECTORS: tuple[Sector, ...] = ()
