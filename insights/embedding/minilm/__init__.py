"""all-MiniLM-L6-v2 on onnxruntime: weights, graph, tokenizer, batches."""
