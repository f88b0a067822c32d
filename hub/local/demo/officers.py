"""Sample officers of the demo city, one of each role that a sector declares. All are invented.

Each signs in with a password and an authenticator app, made up once for this hub; they lie in
HUB_HOME/demo/officers, readable by its owner only.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from hub import identity
from hub.identity import Roles
from hub.kernel.work import SYSTEM, Work
from hub.keys import KeyRing
from hub.parts import Parts

from . import people

KEYS = Path("demo") / "officers"
TERM = timedelta(days=365)


def settle(parts: Parts, roles: Roles) -> int:
    """Make sure that each role has its sample officer; how many came. Twice is harmless."""
    missing = parts.database.run(lambda work: _missing(work, roles), SYSTEM)
    for role in missing:
        _settle_one(parts, roles, role)
    return len(missing)


def _settle_one(parts: Parts, roles: Roles, role: str) -> None:
    keys = people.keys_at(parts.settings.home / KEYS / f"{_slug(role)}.json")
    chosen = identity.hashed(keys["password"])
    parts.database.run(lambda work: _come(work, parts.keyring, roles, role, keys, chosen), SYSTEM)


def _missing(work: Work, roles: Roles) -> list[str]:
    held = {(one.service_name, one.role) for one in identity.officers.in_force(work)}
    return [role for role in sorted(roles) if (_name(role), role) not in held]


def _come(
    work: Work, keyring: KeyRing, roles: Roles, role: str, keys: dict[str, str], chosen: Any
) -> None:
    address = identity.parse("email", _email(role))
    identity.join(work, keyring, [address], language="en", display_name=_name(role), synthetic=True)
    identity.equip(work, keyring, address, chosen=chosen, totp_secret=keys["totp_secret"])
    person_id = identity.invented_at(work, keyring, address)
    if person_id is not None:
        identity.officers.appoint(
            work,
            roles,
            person_id=person_id,
            role=role,
            service_name=_name(role),
            until=work.now + TERM,
        )


def credentials(url: str, home: Path, roles: Roles) -> dict[str, Any]:
    """The officers who can be signed in as, and where a duty begins; for programs."""
    paths = {role: home / KEYS / f"{_slug(role)}.json" for role in sorted(roles)}
    return {
        "officers": [
            {
                "role": role,
                "name": _name(role),
                "email": _email(role),
                **people.keys_at(path),
                "synthetic": True,
            }
            for role, path in paths.items()
            if path.exists()
        ],
        "duty": {"begin": {"method": "POST", "url": f"{url}/v1/officers/duties"}},
    }


def told(found: dict[str, Any]) -> str:
    """The same for people who read."""
    lines = ["", "Sample officers, all invented:"]
    for one in found["officers"]:
        lines.append(f"  {one['role']}  {one['email']}")
        lines.append(f"    password {one['password']}  authenticator {one['totp_secret']}")
    return "\n".join(lines) if found["officers"] else ""


def _slug(role: str) -> str:
    return role.replace(":", ".")


def _email(role: str) -> str:
    return f"{_slug(role)}@example.org"


def _name(role: str) -> str:
    return f"{role} (synthetic)"
