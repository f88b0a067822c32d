"""Kernel: who acts, when, and in which transaction. It knows neither HTTP nor any capability."""
