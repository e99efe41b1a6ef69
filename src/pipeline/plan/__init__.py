"""The list of domains and all that is derived from it; for the Snakefile and the cli."""
