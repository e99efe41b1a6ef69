"""What is known of an alert's place: its class and host, in the terms of Sherlock."""
