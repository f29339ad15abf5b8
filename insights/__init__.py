"""Sources, insights, clusters and decisions: everything that is deduplicated."""
