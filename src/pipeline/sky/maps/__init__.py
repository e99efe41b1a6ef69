"""Anybody's skymaps: read into sorted cells, asked for levels, regions and overlaps."""
