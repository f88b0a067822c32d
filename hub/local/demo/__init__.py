"""The demo city: two networks, the vehicles that run on them, and a few invented people."""
