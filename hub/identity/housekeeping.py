"""What identity forgets on time."""

from hub.kernel.work import Work
from hub.keys import KeyRing

from . import (
    ceremonies,
    client_changes,
    limits,
    mandates,
    notices,
    officers,
    real_names,
    recovering,
    seen_devices,
    sessions,
    signing_in,
    viewer_gateway,
)


def forget_old(work: Work, keyring: KeyRing) -> None:
    """Delete sign-ins, sessions, used tokens, shown messages and limits whose time is over;
    mandates three years after their end;
    give up on documents that the register did not answer for."""
    signing_in.forget_old(work)
    sessions.forget_old(work)
    client_changes.end_earlier_secrets(work)
    ceremonies.forget_old(work)
    notices.forget_old(work)
    recovering.forget_old(work, keyring)
    seen_devices.forget_old(work)
    limits.forget_idle(work)
    mandates.forget_old(work)
    real_names.forget_old(work)
    officers.forget_old(work)
    viewer_gateway.forget_old(work)
