"""The stages of the watch. None knows another; they meet in `vigil.core`."""
