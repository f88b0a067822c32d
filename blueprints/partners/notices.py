"""What partners' servers are told without having asked."""

from hub import oauth
from hub.identity import GrantEnded
from hub.parts import Parts


def tell_of_logout(parts: Parts, event: GrantEnded) -> None:
    """What an app was allowed has ended: its server is told, again and again for three days if it
    is away."""
    oauth.tell_client(
        parts.database,
        parts.keyring,
        event,
        url=parts.settings.public_url,
        loopback_web=parts.settings.demo,
    )
