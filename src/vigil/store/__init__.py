"""Events, and the clips that prove them, on disk."""
