"""ZTF's matchfiles: sources of a readout channel and filter with their light curves."""
