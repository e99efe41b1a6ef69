"""Catalogues of the configuration: as documents, from their stores, and in a MongoDB."""
