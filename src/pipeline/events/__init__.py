"""What a neutrino event is: its files, detector and geometry."""
