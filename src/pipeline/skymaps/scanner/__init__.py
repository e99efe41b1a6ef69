"""Results of IceCube's Skymap Scanner, of which products are written without a fit."""
