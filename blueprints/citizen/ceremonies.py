"""Who asks a device for a passkey: the city, at the host of the hub's public address."""

from urllib.parse import urlsplit

from hub import identity
from hub.web import parts
from hub.web.languages import text as _


def relying_party() -> identity.RelyingParty:
    """The relying party of this hub; a passkey made for another host is never accepted."""
    settings = parts().settings
    address = urlsplit(settings.public_url)
    origin = f"{address.scheme}://{address.netloc}"
    return identity.RelyingParty(address.hostname or "localhost", origin, _(settings.city_name))


def label() -> str:
    """What the person's device calls their account here."""
    return _("{city} citizen hub", city=_(parts().settings.city_name))
