"""Alert packets: found, decoded, cleaned, tabled."""
