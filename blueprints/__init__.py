"""The sectors of the city, one package each."""

from blueprints import citizen, officers, partners, registers, traffic
from hub.web import Sector

SECTORS: tuple[Sector, ...] = (
    citizen.SECTOR,
    traffic.SECTOR,
    partners.SECTOR,
    officers.SECTOR,
    registers.SECTOR,
)
