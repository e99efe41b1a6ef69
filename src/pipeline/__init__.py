"""Nightmill: the computation behind the workflow.

The package never imports snakemake; everything in it can be used by itself.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("nightmill")
except PackageNotFoundError:  # a checkout on PYTHONPATH, not installed
    __version__ = "0+unknown"
