"""Alerts against catalogues: the sorted store, matching, distance rules."""
