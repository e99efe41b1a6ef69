"""What people say of alerts: files that are only ever appended to, one a labeller."""
