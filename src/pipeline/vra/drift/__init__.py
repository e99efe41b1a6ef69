"""How far a night's alerts have moved from those that the promoted model learned from."""
