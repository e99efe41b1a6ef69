"""The assistant: features of alerts that a person may want to see, labels, rounds of learning."""
