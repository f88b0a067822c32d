"""Sample partners of the demo city: invented apps and services with loopback addresses.

Their secrets and keys are made up once for this hub and lie in HUB_HOME/demo/clients.json, readable
by its owner only; a client that the database does not know any more is registered anew.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from hub import identity, oauth
from hub.kernel.work import SYSTEM, Work
from hub.keys import jwk_of, thumbprint
from hub.parts import Parts

CLIENTS = Path("demo") / "clients.json"
"""Where, under HUB_HOME, the demo keeps the ids and secrets of its sample partners."""

ORGANISATION = "Songhua Maps (synthetic)"
CALLBACK = "http://localhost:3000/callback"
FOR_CITIZENS = (
    "openid",
    "profile",
    "offline_access",
    "citizen.profile:read",
    "traffic.favourite:read",
    "traffic.favourite:manage",
)
_PURPOSE = {
    "zh-CN": "在路线规划中显示您收藏的站点和线路。",
    "en": "To show your favourite stops and lines in the route planner.",
    "ru": "Чтобы показывать ваши избранные остановки и маршруты в планировщике поездок.",
}
_NAMES = {
    "confidential": ("路线规划（虚构）", "Route planner (synthetic)", "Планировщик (вымышленный)"),
    "public": ("路线规划手机版（虚构）", "Planner app (synthetic)", "Приложение (вымышленное)"),
    "service": ("统计服务（虚构）", "Statistics service (synthetic)", "Статистика (вымышленная)"),
    "private_key_jwt": (
        "密钥服务（虚构）",
        "Keyed service (synthetic)",
        "С ключом (вымышл.)",
    ),
}


def settle(parts: Parts) -> None:
    """Make sure that the sample partners are registered here. Twice is harmless."""
    path = parts.settings.home / CLIENTS
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    made = parts.database.run(lambda work: _missing(work, known), SYSTEM)
    if made:
        _write(path, known | made)


def _missing(work: Work, known: dict[str, Any]) -> dict[str, Any]:
    here = {client.id for client in identity.all_clients(work)}
    made: dict[str, Any] = {
        kind: make(work)
        for kind, make in MAKERS.items()
        if known.get(kind, {}).get("client_id") not in here
    }
    token = known.get("initial_token")
    if token is None or not oauth.initial_token_is_good(work, token):
        made["initial_token"] = oauth.new_initial_token(
            work, organisation=ORGANISATION, uses=1000, synthetic=True
        )
    return made


def _register(work: Work, sample: str, **more: Any) -> dict[str, Any]:
    names = dict(zip(("zh-CN", "en", "ru"), _NAMES[sample], strict=True))
    made = oauth.register(
        work,
        names=names,
        organisation=ORGANISATION,
        purpose=_PURPOSE,
        synthetic=True,
        loopback_web=True,
        **more,
    )
    found: dict[str, Any] = {"client_id": made.client.id, "scopes": sorted(made.client.scopes)}
    if made.secret is not None:
        found["client_secret"] = made.secret
    if made.client.redirect_uris:
        found["redirect_uris"] = list(made.client.redirect_uris)
    return found | {"token_endpoint_auth_method": made.client.auth_method}


def _confidential(work: Work) -> dict[str, Any]:
    return _register(
        work,
        "confidential",
        kind="confidential",
        auth_method="client_secret_basic",
        scopes=FOR_CITIZENS,
        redirect_uris=(CALLBACK, "http://127.0.0.1/callback"),
        after_logout_uris=("http://127.0.0.1/signed-out",),
    )


def _public(work: Work) -> dict[str, Any]:
    return _register(
        work,
        "public",
        kind="public",
        auth_method="none",
        scopes=FOR_CITIZENS,
        redirect_uris=("http://127.0.0.1/callback", "com.example.planner:/callback"),
    )


def _service(work: Work) -> dict[str, Any]:
    return _register(
        work,
        "service",
        kind="service",
        auth_method="client_secret_basic",
        scopes=("partner.client:read",),
    )


def _keyed(work: Work) -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    public = jwk_of(key.public_key())
    named = {**public, "kid": thumbprint(public), "use": "sig", "alg": "ES256"}
    found = _register(
        work,
        "private_key_jwt",
        kind="service",
        auth_method="private_key_jwt",
        scopes=("partner.client:read",),
        jwks={"keys": [named]},
    )
    secret = identity.base64url(key.private_numbers().private_value.to_bytes(32))
    return found | {"private_jwk": {**named, "d": secret}}


MAKERS: dict[str, Callable[[Work], dict[str, Any]]] = {
    "confidential": _confidential,
    "public": _public,
    "service": _service,
    "private_key_jwt": _keyed,
}


def credentials(url: str, home: Path) -> dict[str, Any]:
    """The sample partners, in the shape that programs read; nothing where the demo never was."""
    path = home / CLIENTS
    if not path.exists():
        return {}
    known = json.loads(path.read_text())
    return {
        "issuer": url,
        "clients": {kind: known[kind] for kind in MAKERS if kind in known},
        "registration": {
            "url": f"{url}/oauth/register",
            "initial_access_token": known["initial_token"],
        },
    }


def told(found: dict[str, Any]) -> str:
    """The same for people who read."""
    if not found:
        return ""
    lines = ["", f"Sample partners, all invented, of the issuer {found['issuer']}:"]
    for kind, client in found["clients"].items():
        secret = client.get("client_secret", "no secret")
        lines.append(f"  {kind}  {client['client_id']}  {secret}")
    lines.append(f"Register more with {found['registration']['initial_access_token']}.")
    return "\n".join(lines)


def _write(path: Path, known: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(known, file, ensure_ascii=False, indent=2)
    fresh.rename(path)
