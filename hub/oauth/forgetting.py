"""What the authorization server forgets on time."""

from hub.kernel.work import Work

from . import assertions, codes, device_codes, pushed, registering


def forget_old(work: Work) -> None:
    """Delete codes, assertions, devices' questions, pushed requests and initial tokens that are
    over."""
    codes.forget_old(work)
    assertions.forget_old(work)
    device_codes.forget_old(work)
    pushed.forget_old(work)
    registering.forget_old(work)
