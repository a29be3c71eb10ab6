"""The processing functions, and the two ways to run them."""
