"""The speed of light, in the units in which it is needed."""

SPEED_OF_LIGHT_M_NS = 299_792_458 / 1e9
"""In vacuum [m/ns]; exact, by the definition of the metre (SI brochure, 9th edition, 2.2)."""
SPEED_OF_LIGHT_KM_S = 299_792_458 / 1e3
"""The same [km/s]."""
