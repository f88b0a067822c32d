"""Transit: what the timetable promises at a stop, and what really comes."""
