"""All arithmetic of the sphere."""
