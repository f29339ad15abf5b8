"""From where on the active version merges and clusters: moved by people, previewed before."""
