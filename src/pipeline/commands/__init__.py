"""Commands that a person runs by hand, one module each; see `pipeline.cli`."""
