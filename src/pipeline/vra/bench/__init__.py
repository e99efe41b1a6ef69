"""Campaigns with an oracle: which strategy would need fewer labels, before anyone labels."""
