"""The default policy (offices, places, topics, routes, time limits) as YAML, and its loader."""
