"""Services of others: how to reach them, who we are there, what they acknowledged."""
