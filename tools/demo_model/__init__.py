"""How the bundled demo model is made: material, scenes, queries, tokenizer, network, training, evaluation."""
