"""Where things will go next, from the way they took until now."""
