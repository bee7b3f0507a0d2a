"""From scenes to events: one rule, one file."""
