"""Audit: who did what, written in the same transaction and never changed."""

from .service import record

__all__ = ["record"]
