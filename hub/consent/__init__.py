"""Consent: who may use what about whom, for which purpose, until when; each act has a receipt."""

from .errors import ConsentNotValid
from .events import ConsentGiven, ConsentWithdrawn
from .receipts import TYPE as RECEIPT_TYPE
from .receipts import ReceiptRefused, check
from .rules import CITY, LONGEST, Act, Source, State
from .service import (
    Consent,
    covering,
    covers,
    end_all_of,
    forget_old,
    give,
    mine,
    of_mine,
    receipt,
    withdraw,
    withdraw_from,
)

__all__ = [
    "CITY",
    "LONGEST",
    "RECEIPT_TYPE",
    "Act",
    "Consent",
    "ConsentGiven",
    "ConsentNotValid",
    "ConsentWithdrawn",
    "ReceiptRefused",
    "Source",
    "State",
    "check",
    "covering",
    "covers",
    "end_all_of",
    "forget_old",
    "give",
    "mine",
    "of_mine",
    "receipt",
    "withdraw",
    "withdraw_from",
]
