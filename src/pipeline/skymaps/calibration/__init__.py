"""Contour levels from simulated tracks."""
