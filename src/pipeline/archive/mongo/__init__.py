"""The archive in a MongoDB, in the document shapes that brokers' users know (Kowalski's)."""
