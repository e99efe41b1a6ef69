"""Users' filters on alerts: MongoDB aggregation pipelines, and SQL, on whole packets."""
