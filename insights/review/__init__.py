"""What people (and the pipeline) do with clusters. One action object a mutation."""
