"""Typed models of the configuration, one module a section.

They make the defaults, the JSON schema, the commented ``config.yaml`` and the error
messages. Importing this package is cheap: every Snakemake job pays for it.
"""
