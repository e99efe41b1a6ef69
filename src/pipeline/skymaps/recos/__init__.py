"""Reconstructions of one direction: the interface, the registry and those that ship."""
