"""Measurements 测量: ratios of two things timed in the same run. Nothing here is a test."""
