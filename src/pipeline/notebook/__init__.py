"""Results in a notebook: tables with units, light curves, stamps, skymaps, cones.

>>> from pipeline.notebook import Results
"""

from pipeline.notebook.results import Results

__all__ = ["Results"]
