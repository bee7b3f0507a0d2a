"""Only the watch sees what it nearly detected: which looks are kept to learn from."""
