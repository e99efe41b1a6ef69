"""How light goes through the ice at the South Pole: what fits assume and simulations draw from.

`pipeline.skymaps.recos.track`, whose functions are compiled, has the indices once more:
change them there as well.
"""

import math

PHASE_INDEX, GROUP_INDEX = 1.3195, 1.35634
"""Refractive indices of ice at 400 nm, for phase and group velocity, as IceTray has them
(Price & Woschnagg 2001, Astropart. Phys. 15, 97: the two differ by 2.8 %)."""
COS_C = 1 / PHASE_INDEX
"""Of the Cherenkov angle of a particle as fast as light, 40.724°."""
SIN_C = math.sqrt(1 - COS_C**2)
SCATTERING = 33.29
"""λ [m], of the bulk ice model that IceTray's Pandel fits use."""
ABSORPTION = 98.0
"""λ_a [m], of the same."""
TAU = 556.7
"""τ [ns], of the Pandel function (AMANDA, NIM A524 (2004) 169)."""
