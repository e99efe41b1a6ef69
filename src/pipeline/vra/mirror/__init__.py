"""Closed rounds as runs of MLflow: a mirror, which can be filled again at any time."""
