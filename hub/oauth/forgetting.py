"""What the authorization server forgets on time."""

from hub.kernel.work import Work

from . import assertions, codes, device_codes, registering


def forget_old(work: Work) -> None:
    """Delete codes, assertions, devices' questions and initial tokens whose time is over."""
    codes.forget_old(work)
    assertions.forget_old(work)
    device_codes.forget_old(work)
    registering.forget_old(work)
