"""Which skymaps there are: lines of ``maps.tsv``, and our own events'."""
