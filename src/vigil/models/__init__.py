"""Networks that are trained here, one per file. They need torch; the watch opens their exports."""
