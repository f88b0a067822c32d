"""Audit: who did what (``record``) and who read what about whom (``read``), written in the same
transaction and never changed. What was read is sealed into a tree that its owner cannot rewrite
unseen (merkle.py, sealing.py, verifying.py), and the person sees it."""

from .access import mine, read
from .checkpoints import origin_of
from .copies import FOLDER, Copy, catch_up, folders
from .erasing import erase, forget_old
from .errors import NotSealedYet
from .proving import checkpoint, consistency, proof
from .sealing import seal
from .service import about, record

__all__ = [
    "FOLDER",
    "Copy",
    "NotSealedYet",
    "about",
    "catch_up",
    "checkpoint",
    "consistency",
    "erase",
    "folders",
    "forget_old",
    "mine",
    "origin_of",
    "proof",
    "read",
    "record",
    "seal",
]
