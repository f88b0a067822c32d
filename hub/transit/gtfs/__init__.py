"""GTFS Schedule: reading a zip that may be broken or hostile, and saying precisely what is wrong.

Follows the GTFS Schedule Reference (gtfs.org) as of its 2026 revisions and takes the names of its
rules, where they exist, from the canonical GTFS validator, so that an operator can look them up.
"""
