"""Why a video network says what it says: where it looked, and when."""
