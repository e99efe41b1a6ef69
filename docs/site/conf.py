"""How Sphinx makes the site out of what `generate.py` has gathered in build/docs/source."""

import tomllib
from pathlib import Path
from types import GenericAlias

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

project = "Nightmill"
author = PROJECT["authors"][0]["name"]
copyright = author
version = release = PROJECT["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["files"]
default_role = "py:obj"  # `pipeline.sky.healpix` in a docstring is a link
myst_heading_anchors = 4
myst_linkify_fuzzy_links = False

autodoc_default_options = {"members": True, "show-inheritance": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
numpydoc_show_class_members = False

# What astropy and most packages around it use (sphinx-astropy is a setting of it).
html_theme = "pydata_sphinx_theme"
html_title = f"Nightmill {release}"
html_show_sphinx = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def skip(app, what, name, obj, skip, options):
    """Leave out what is imported, names of types, and what namedtuple writes of its fields."""
    imported = isinstance(obj, type) and obj.__module__.split(".")[0] != "pipeline"
    written = (getattr(obj, "__doc__", None) or "").startswith("Alias for field number")
    return skip or imported or written or isinstance(obj, GenericAlias)


def setup(app):
    """Connect what is done while the pages are made."""
    app.connect("autodoc-skip-member", skip)
