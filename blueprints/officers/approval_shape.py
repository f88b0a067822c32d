"""How an approval is shown."""

from typing import Any

from hub.identity import Approval
from hub.identity.approvals import PREFIX
from hub.kernel import ids


def shown(one: Approval) -> dict[str, Any]:
    """The `Approval` of the schema."""
    return {
        "id": ids.show(PREFIX, one.id),
        "kind": one.kind,
        "subject": one.subject,
        "payload": dict(one.payload),
        "asked_by": ids.show("officer", one.asked_by),
        "asked_at": one.asked_at,
        "expires_at": one.expires_at,
        "decision": one.decision,
        "decided_by": ids.show("officer", one.decided_by) if one.decided_by else None,
        "decided_at": one.decided_at,
    }
