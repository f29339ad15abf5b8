"""What is deduplicated: sources, insights, clusters, decisions."""
