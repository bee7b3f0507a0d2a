"""Join the parts: packets to events, on one camera or on many."""
