"""Neural networks on alerts: triplets, features, models, engines."""
