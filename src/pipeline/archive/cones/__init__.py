"""The cone index of a night or a month: alerts in the order of their pixels."""
