"""Alert packets and neutrino events with known truth."""
