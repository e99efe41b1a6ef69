"""Histories of objects over nights: the store of earlier ones, and what an alert's filters see."""
