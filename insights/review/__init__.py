"""Actions of people and of the pipeline on clusters. One action object per mutation."""
