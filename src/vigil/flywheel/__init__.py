"""From a few labelled pictures to an algorithm, and to a better one after it."""
