"""Privacy: what is kept about a person, given to them whole, erased when they close the account.

Works over every table by what its columns declare (hub/kernel/personal.py), so that a capability
has nothing to add here.
"""

from .belonging import PERSON, columns, owners, tables_of_people
from .closing import (
    WAITS,
    ClosureSeen,
    ask_to_close,
    cancel_closure,
    close_due,
    closure_of,
    closures_due,
    erase_closed,
    erasures_due,
    forget_closures,
)
from .errors import ClosureUnderWay, ExportGone, NoClosure
from .events import ClosureAsked, ClosureCancelled, ExportAsked, ExportReady
from .exporting import (
    KEPT,
    ExportSeen,
    Gathered,
    Waiting,
    ask_for_export,
    exports_of,
    file_of,
    finish,
    forget_exports,
    gather,
    is_given,
    one_export,
    waiting,
)
from .record import Line, processing_record

__all__ = [
    "KEPT",
    "PERSON",
    "WAITS",
    "ClosureAsked",
    "ClosureCancelled",
    "ClosureSeen",
    "ClosureUnderWay",
    "ExportAsked",
    "ExportGone",
    "ExportReady",
    "ExportSeen",
    "Gathered",
    "Line",
    "NoClosure",
    "Waiting",
    "ask_for_export",
    "ask_to_close",
    "cancel_closure",
    "close_due",
    "closure_of",
    "closures_due",
    "columns",
    "erase_closed",
    "erasures_due",
    "exports_of",
    "file_of",
    "finish",
    "forget_closures",
    "forget_exports",
    "gather",
    "is_given",
    "one_export",
    "owners",
    "processing_record",
    "tables_of_people",
    "waiting",
]
