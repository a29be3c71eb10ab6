"""From text to words, topic, purpose, urgency, places and people."""
