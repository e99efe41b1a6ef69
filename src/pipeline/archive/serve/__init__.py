"""Kowalski's API over HTTP, read-only, for one machine."""
