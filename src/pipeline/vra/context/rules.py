"""Which class an alert has by what our catalogues know near it: a table of rules.

The classes and their meaning are Sherlock's (Young 2023, https://doi.org/10.5281/zenodo.8038057),
as Lasair explains them (https://lasair.readthedocs.io, Sherlock). Sherlock weighs some thirty
catalogues against each other; here the first rule of the table that holds decides.
"""

from typing import Literal, NamedTuple

Role = Literal["cataclysmic", "agn", "variable", "galaxy", "star", "bright_star"]
"""What a catalogue holds."""
Classification = Literal["CV", "AGN", "VS", "NT", "BS", "SN", "ORPHAN", "UNCLEAR"]
"""Cataclysmic variable, active nucleus, variable star (or any catalogued star: what varies there
is it), nuclear transient, beside a bright star, in a galaxy but not at its core, near nothing;
unclear is said by Sherlock alone."""
AT_IT_ARCSEC = 1.5
"""Within this an alert is at a source itself: what Lasair takes for ZTF [arcsec]."""
ORPHAN: Classification = "ORPHAN"


class Rule(NamedTuple):
    """One rule.

    Attributes
    ----------
    classification : Classification
    role : Role
        What its catalogues hold.
    at_it : bool
        Whether the alert must be at the source itself, or anywhere in the catalogue's cone.
    """

    classification: Classification
    role: Role
    at_it: bool


RULES = (
    Rule("CV", "cataclysmic", True),
    Rule("AGN", "agn", True),
    Rule("VS", "variable", True),
    Rule("NT", "galaxy", True),
    Rule("VS", "star", True),
    Rule("BS", "bright_star", False),
    Rule("SN", "galaxy", False),
)
"""The first that holds decides; a galaxy's core comes before a star, since catalogues of stars
have cores of galaxies in them."""
