"""Is anything worth a detector? Cheapest questions first."""
