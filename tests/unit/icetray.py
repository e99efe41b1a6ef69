"""Writes what IceTray writes, for tests: frames, SuperDST, masks, headers, particles."""

import base64
import pickle
import struct
import zlib
from itertools import groupby

import numpy as np

from pipeline.events.icecube.frames import crc32c


def string(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<I", len(data)) + data


def blob(stream, objects, version=6):
    body = stream.encode() + struct.pack("<I", len(objects))
    for name, (kind, content) in objects.items():
        body += string(name) + string(kind) + string(content)
    return b"[i3]" + struct.pack("<I", version) + b"\0\0" + body + struct.pack("<I", crc32c(body))


def pickled_frame(content):
    """Pickle by hand what protocol 2 makes of icecube.icetray.I3Frame with a state."""
    out = b"\x80\x02cicecube.icetray\nI3Frame\n)\x81"
    return out + pickle.dumps(({}, content), protocol=3)[2:-1] + b"b."


def encode(pickled):
    return base64.b64encode(zlib.compress(pickled)).decode()


def frame(stream, objects):
    return [stream, encode(pickled_frame(blob(stream, objects)))]


def prefix(kind, version):
    return struct.pack("<HH", 0x100, 2) + string(kind) + bytes([1, version]) + bytes(10)


def header(run_id, event_id, year=2023, tenths=123_456_789_000_000):
    times = bytes(10) + struct.pack("<iq", year, tenths)
    body = struct.pack("<IIIII", run_id, 0, event_id, 20, 0) + string("InIceSplit") + times
    return "I3EventHeader", prefix("I3EventHeader", 3) + body


def particle(x, y, z, time, zenith, azimuth, status=0):
    body = struct.pack("<iQiii", 1, 2, 0, 40, status) + bytes(10) + struct.pack("<ddd", x, y, z)
    body += bytes(10) + struct.pack("<ddd", zenith, azimuth, time)
    body += struct.pack("<dddi", np.nan, np.nan, 0.3, 0)
    return "I3Particle", prefix("I3Particle", 5) + body


def text(words):
    return "I3String", prefix("I3String", 0) + string(words)


def size(number):
    if number < 0xFF - 8:
        return bytes([number])
    data = number.to_bytes((number.bit_length() + 7) // 8, "little")
    return bytes([0xFF - len(data)]) + data


def runs(values):
    out = []
    for value, group in groupby(values):
        length = len(list(group))
        while length:
            out.append(value | (length & 0xF) << 4)
            length >>= 4
    return bytes(out)


def superdst(readouts):
    """Encode readouts in time order: (string, om, hlc, [(time code, charge code, width code)])."""
    stamps, headers, high = [], [], []
    widths = [[], [], [], []]

    def overflow(number):
        while number >= 0xFFFF:
            stamps.append(0xFFFF)
            number -= 0xFFFF
        stamps.append(number)

    for string_, om, hlc, pulses in readouts:
        for i, (time, charge, width) in enumerate(pulses):
            most = 2**11 - 1 if i == 0 else 255
            first, in_ice = min(time, most), om <= 60
            low = min(charge, 63) if in_ice else charge & 63
            if i == 0:
                headers.append(string_ << 6 | om - 1 | first >> 8 << 13)
            stop = 0x8000 if i == len(pulses) - 1 else 0
            stamps.append(first & 0xFF | low << 8 | 0x4000 * hlc | stop)
            if time >= most:
                overflow(time - most)
            if in_ice and charge >= 63:
                overflow(charge - 63)
            elif not in_ice:
                high.append(charge >> 6)
            widths[2 * (not in_ice) + hlc].append(width)
    body = bytes(4) + size(len(stamps)) + np.array(stamps, "<u2").tobytes()
    body += bytes(2) + size(len(headers)) + np.array(headers, "<u2").tobytes() + bytes(2)
    for codes in widths:
        encoded = runs(codes)
        body += size(len(encoded)) + encoded
    body += size(len(high)) + bytes(high)
    return "I3SuperDST", prefix("I3SuperDST", 1) + body


def bits(values):
    packed = np.packbits(np.array(values, bool), bitorder="little").tobytes() or b"\0"
    return struct.pack("<HB", len(packed), 8 * len(packed) - len(values)) + packed


def mask(source, doms, elements):
    body = string(source) + bytes(2) + bits(doms) + bytes(2) + struct.pack("<I", len(elements))
    body += b"".join(bits(element) for element in elements)
    return "I3RecoPulseSeriesMapMask", prefix("I3RecoPulseSeriesMapMask", 2) + body


def message(readouts=None, run_id=138_000, q_frame=None, p_frame=None, **p_objects):
    """Return a whole realtime message (2023a): by default two DOMs with three pulses."""
    if readouts is None:
        readouts = [(10, 5, 1, [(1000, 20, 1), (30, 4, 3)]), (11, 60, 0, [(2500, 70, 3)])]
    doms = sorted({(s, o) for s, o, *_ in readouts})
    counts = [sum(len(r[3]) for r in readouts if r[:2] == dom) for dom in doms]
    full = [True] * len(doms), [[True] * count for count in counts]
    q = {"I3SuperDST": superdst(readouts), "InIceDSTPulses": mask("I3SuperDST", *full)}
    p = {"I3EventHeader": header(run_id, 77), "SplitInIcePulses": mask("InIceDSTPulses", *full)}
    p |= p_objects
    frames = [q_frame or frame("Q", q), p_frame or frame("P", p)]
    return {"value": {"version": "2023a", "data": {"frames": frames, "run_id": run_id}}}
