"""Cheap arithmetic on pictures that rules read: what no detector and no tracker tells."""
