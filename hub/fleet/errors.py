"""What the fleet says no to."""

from hub.kernel.errors import Malformed, TooLarge


class BatchTooLarge(TooLarge):
    """You sent more positions than one request takes. Split the batch at 1,000 rows and send the
    parts one after the other; rows that were stored before are recognised and not counted twice."""

    title = "Too many positions at once"


class BrokenFeedMessage(Malformed):
    """The body is not a complete GTFS-Realtime FeedMessage: truncated, of another protobuf type, or
    without a header. Nothing of it was stored. Send the whole message again."""

    title = "This is not a GTFS-Realtime message"
