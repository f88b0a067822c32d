"""Tokens: from the present request to whoever makes it."""

from dataclasses import dataclass

from flask import Flask

from hub.kernel.errors import Unauthorized
from hub.kernel.work import Actor
from hub.parts import Parts


@dataclass(frozen=True)
class Principal:
    """Who makes the request, and by what right."""

    actor: Actor
    scopes: frozenset[str]


def install(app: Flask, parts: Parts) -> None:
    """Prepare the application to read tokens."""


def principal_of() -> Principal:
    """The bearer of the access token of this request, or Unauthorized."""
    raise Unauthorized()
