"""Events packed once for all listeners.

A gzip stream (RFC 1952) may be put together from blocks that were compressed apart, as long as none
looks back at another: so every event is deflated from a fresh start and ends on a whole byte
(RFC 1951), and each listener's stream is one header and then the same bytes as everybody's. The
stream has no end, hence no checksum at its end.
"""

import zlib
from functools import cached_property

HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""Of a stream that is deflated, of no name, time or system."""


class Event:
    """What all listeners of a topic are told, plainly or packed; packed at the first wish."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain

    @cached_property
    def packed(self) -> bytes:
        """A deflated block for a stream that began with HEADER."""
        deflating = zlib.compressobj(5, zlib.DEFLATED, -zlib.MAX_WBITS)
        return deflating.compress(self.plain) + deflating.flush(zlib.Z_FULL_FLUSH)
