"""Neutrino events: likelihood scans of the sky and what is made of them."""
