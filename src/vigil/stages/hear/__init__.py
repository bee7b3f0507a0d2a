"""What a camera hears: its sound, in words that rules read."""
