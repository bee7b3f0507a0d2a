"""Read by Python when it starts: from here on no file is synced, in shards neither."""

import os

os.fsync = os.fdatasync = lambda _handle: None
