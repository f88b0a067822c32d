"""What the authorization server stands on, handed in by the edge: keys, issuer, clients, scopes."""

from dataclasses import dataclass

from hub.identity import Clients, Issuer, Liveness, Verifier
from hub.keys import KeyRing


@dataclass(frozen=True, kw_only=True)
class Authority:
    """``askable`` is what citizens can grant to partners' apps, ``of_partners`` what services can
    have in their own name, ``sensitive`` what of both no client has without two officers."""

    keyring: KeyRing
    issuer: Issuer
    verifier: Verifier
    liveness: Liveness
    clients: Clients
    askable: frozenset[str]
    of_partners: frozenset[str]
    sensitive: frozenset[str]

    @property
    def url(self) -> str:
        """The issuer identifier."""
        return self.issuer.url
