"""The configuration's words for what is kept of the packets' earlier measurements."""

from typing import Literal, TypeAlias

Kept: TypeAlias = Literal["all", "new", "none"]
"""``all``; those that are ``new`` since the object's last night; or ``none``."""
