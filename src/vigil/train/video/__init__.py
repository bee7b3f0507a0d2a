"""Networks that see clips: data sets of clips, one trainer for all networks, and what it made."""
