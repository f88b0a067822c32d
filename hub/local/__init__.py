"""Local: what the whole hub needs to run on one machine, and nothing that a city's servers need."""
