"""What is learned: training data, model versions, predictions, evaluation."""
