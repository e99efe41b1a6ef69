#!/bin/sh
# What a job starts with where machines share no filesystem with the access point: Snakemake's
# arguments follow. Python with Nightmill comes from the machine, or from the container image.
exec python -m snakemake "$@"
