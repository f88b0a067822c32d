"""The sample kiosk of the demo city: an enrolled device that confirms mandates for whoever has no
smartphone. Its key is made up once for this hub and lies in HUB_HOME/demo/kiosk.json, readable by
its owner only.
"""

import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from hub import identity
from hub.kernel.work import SYSTEM, Work
from hub.keys import jwk_of, thumbprint
from hub.parts import Parts

KEY = Path("demo") / "kiosk.json"
"""Where, under HUB_HOME, the demo keeps the private JWK of its kiosk."""

NAME = "Kiosk in the citizens' hall (synthetic)"
SCOPES = ("citizen.mandate:confirm",)


def settle(parts: Parts) -> None:
    """Make sure that the sample kiosk is enrolled here. Twice is harmless."""
    path = parts.settings.home / KEY
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(_made(), file)
    public = {name: value for name, value in json.loads(path.read_text()).items() if name != "d"}
    parts.database.run(lambda work: _enrolled(work, public), SYSTEM)


def _enrolled(work: Work, public: dict[str, Any]) -> None:
    if all(device.kid != public["kid"] for device in identity.all_devices(work)):
        identity.enrol_device(work, kind="kiosk", name=NAME, public_jwk=public, scopes=SCOPES)


def _made() -> dict[str, str]:
    private = ec.generate_private_key(ec.SECP256R1())
    public = jwk_of(private.public_key())
    secret = identity.base64url(private.private_numbers().private_value.to_bytes(32))
    return {**public, "kid": thumbprint(public), "d": secret}


def credentials(url: str, home: Path) -> dict[str, Any]:
    """The sample kiosk, in the shape that programs read; nothing where the demo never was."""
    path = home / KEY
    if not path.exists():
        return {}
    return {
        "kiosks": [
            {
                "name": NAME,
                "private_jwk": json.loads(path.read_text()),
                "scopes": list(SCOPES),
                "offer": {"method": "POST", "url": f"{url}/v1/kiosk/mandates"},
                "accept": {"method": "POST", "url": f"{url}/v1/kiosk/mandate-acceptances"},
                "signature": identity.SIGNATURE_HEADER,
            }
        ]
    }
