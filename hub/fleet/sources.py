"""Who may report for which feed."""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from hub import audit
from hub.kernel.ids import new_id, show
from hub.kernel.work import Work

from .errors import NotYourFeed
from .model import Source


def enrol(work: Work, *, feed: str, device: str, name: str) -> str:
    """Let an enrolled device (its public id) report for a feed; the source's public id. Doing it
    again renews a retired source."""
    source_id = work.session.scalar(
        insert(Source)
        .values(
            id=new_id(), feed=feed, device=device, name=name, enrolled_at=work.now, retired_at=None
        )
        .on_conflict_do_update(
            constraint="uq_fleet_source_device", set_={"name": name, "retired_at": None}
        )
        .returning(Source.id)
    )
    assert source_id is not None
    shown = show("source", source_id)
    audit.record(work, "fleet.source_enrolled", shown, feed=feed, device=device)
    return shown


def retire(work: Work, *, feed: str, device: str) -> None:
    """Take a device's right to report for a feed away, from its next request on."""
    work.session.execute(
        update(Source)
        .where(Source.feed == feed, Source.device == device, Source.retired_at.is_(None))
        .values(retired_at=work.now)
    )
    audit.record(work, "fleet.source_retired", device, feed=feed)


def admit(work: Work, feed: str) -> None:
    """Refuse unless the acting device is a source of this feed: what it says about itself in a
    body counts for nothing."""
    found = work.session.scalar(
        select(Source.id).where(
            Source.feed == feed, Source.device == work.actor.id, Source.retired_at.is_(None)
        )
    )
    if found is None:
        raise NotYourFeed(f"This device is not a source of the feed {feed}.")
