"""Databank: the city's registers, read with a purpose only, and never without a trace.

`look_up` is the one way to a record. It asks who reads, for which declared purpose, on which legal
basis, gives the fields of that purpose and no other, and leaves a row in the access log that the
person sees, in the same transaction.
"""

from . import appeals
from .definitions import Field, Purpose, Register
from .entitlements import entitled
from .errors import ConsentMissing, FieldOutsidePurpose, NothingToAppeal, PurposeNotYours
from .events import AppealDecided, AppealFiled
from .fetching import due, fetch
from .looking_up import Entry, Seen, look_up
from .register_simulator import RegisterSimulator
from .registers import ENTITLEMENTS, POPULATION, REGISTERS, in_words
from .source_gateway import Source, SourceGateway
from .taking_in import forget, take_in

__all__ = [
    "ENTITLEMENTS",
    "POPULATION",
    "REGISTERS",
    "AppealDecided",
    "AppealFiled",
    "ConsentMissing",
    "Entry",
    "Field",
    "FieldOutsidePurpose",
    "NothingToAppeal",
    "Purpose",
    "PurposeNotYours",
    "Register",
    "RegisterSimulator",
    "Seen",
    "Source",
    "SourceGateway",
    "appeals",
    "due",
    "entitled",
    "fetch",
    "forget",
    "in_words",
    "look_up",
    "take_in",
]
