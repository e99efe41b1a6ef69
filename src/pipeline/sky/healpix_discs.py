"""Which pixels have their centres in or near a disc, ring by ring."""

import numpy as np

from pipeline.sky.healpix_faces import Ints, Rings, at, centres, ring_number, to_rings


def near_rings(order: int, longitude: float, latitude: float, radius: float) -> Ints:
    """Return ring numbers of all pixels with centres in a disc, and of a few around.

    Parameters
    ----------
    longitude, latitude, radius : float
        Of the disc [rad].
    """
    nside = 1 << order
    limits = np.clip([latitude + radius, latitude - radius], -np.pi / 2, np.pi / 2)
    ends = to_rings(order, at(order, np.sin(limits), np.cos(limits), np.zeros(2))).ring
    ring = np.arange(max(ends[0] - 1, 1), min(ends[1] + 1, 4 * nside - 1) + 1)
    length = np.minimum(np.minimum(ring, 4 * nside - ring), nside)
    # every second ring of the belt begins at longitude 0, the others half a pixel later
    begin = np.where((length == nside) & ((ring - nside) % 2 == 1), 0, 1)
    z, sine, _ = centres(order, Rings(ring, length, begin), nested=False)
    # haversines: those of the radius and of the latitudes leave this for the longitudes
    apart = (latitude - np.arctan2(z, sine)) / 2
    left = np.sin(min(radius, np.pi) / 2) ** 2 - np.sin(apart) ** 2
    most = sine * np.cos(latitude)
    share = np.divide(left, most, out=np.ones_like(left), where=most > left)
    width = 2 * np.arcsin(np.sqrt(share.clip(0, 1)))
    unit = np.pi / 4 / length
    first = np.floor(((longitude - width) / unit - begin) / 2).astype(np.int64)
    last = np.ceil(((longitude + width) / unit - begin) / 2).astype(np.int64)
    count = np.minimum(last - first + 1, 4 * length)
    each = np.repeat(np.arange(len(ring)), count)
    along = np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count)
    step = 2 * ((first[each] + along) % (4 * length[each])) + begin[each]
    return ring_number(order, Rings(ring[each], length[each], step))
