"""Jobs: what runs without a request; the entry points of the roles beside web and stream."""
