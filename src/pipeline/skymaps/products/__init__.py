"""What is written about an event."""
