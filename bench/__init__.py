"""Measurements side by side: every figure is a ratio to a bare Flask route in the same run."""
