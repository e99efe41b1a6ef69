"""IceCube's realtime messages, read without its software."""
