"""What a person runs by hand, one module a command; see `pipeline.cli.main`."""
