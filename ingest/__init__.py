"""The outside world becomes a petition in the log: every channel (渠道) in, and bad input kept."""
