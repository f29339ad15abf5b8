"""From a training request to an active model version, and to the next one."""
