"""The shapes of brokers' documents; MongoDB pipelines as SQL; SQL of users, fenced in."""
