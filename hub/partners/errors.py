"""What partners are told no to."""

from hub.kernel.errors import Conflict, Forbidden, Invalid


class OrganisationSuspended(Conflict):
    """The city has suspended this organisation: its clients are out, and nothing of it can be
    changed. Write to the city's partner desk."""

    title = "This organisation is suspended"


class LastOwner(Conflict):
    """An organisation needs an owner. Make somebody else owner first."""

    title = "The last owner stays"


class OwnersOnly(Forbidden):
    """You are a developer of this organisation; who belongs to it is for its owners. Ask one."""

    title = "Only an owner may do this"


class ScopesNotUsable(Invalid):
    """These scopes cannot be had: by itself a client gets only those of the sandbox, and only
    scopes that are meant for partners can be asked of an officer. ``errors`` names them."""

    title = "These scopes cannot be had so"


class RequestOver(Conflict):
    """This request was decided already. Read it again; what is still wanted is asked anew."""

    title = "This was decided already"


class SandboxOnly(Forbidden):
    """This app is still in its sandbox: only members of its organisation and invented people can
    let it in. Its makers ask the city's partner desk for live scopes."""

    title = "This app is still being built"
