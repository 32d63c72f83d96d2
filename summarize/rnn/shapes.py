"""Every weight of the network and its shape, as PyTorch names them."""

from __future__ import annotations

from summarize.rnn.config import Config


def weight_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every weight of the network and its shape, as PyTorch names them."""
    e, n, h, m = (
        config.embedding_size,
        config.encoder_size,
        config.decoder_size,
        config.memory_size,
    )
    shapes: dict[str, tuple[int, ...]] = {
        "embedding.weight": (config.vocab_size, e),
        "output_bias": (config.vocab_size,),
        "encoder.word.weight": (m, e),
        "decoder.bridge.weight": (2 * h, m),
        "decoder.bridge.bias": (2 * h,),
        "decoder.readout.weight": (e, h + m),
        "decoder.readout.bias": (e,),
    }

    def lstm(name: str, inputs: int, size: int) -> None:
        shapes[f"{name}.weight_ih_l0"] = (4 * size, inputs)
        shapes[f"{name}.weight_hh_l0"] = (4 * size, size)
        shapes[f"{name}.bias_ih_l0"] = shapes[f"{name}.bias_hh_l0"] = (4 * size,)

    def norm(name: str) -> None:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (m,)

    for layer in range(config.encoder_layers):
        for direction in ("forward", "backward"):
            lstm(f"encoder.layers.{layer}.{direction}_lstm", m if layer else e, n)
        if layer:
            norm(f"encoder.norms.{layer - 1}")
    norm("encoder.norm")
    lstm("decoder.lstm1", e, h)
    lstm("decoder.lstm2", h + m, h)
    if config.attention not in ("none", "dot"):
        shapes["decoder.attention.query.weight"] = (m, h)
    if config.attention == "local":
        shapes["decoder.attention.place_hidden.weight"] = (m, h)
        shapes["decoder.attention.place.weight"] = (config.attention_heads, m)
    if config.attention == "additive":
        shapes["decoder.attention.key.weight"] = (m, m)
        shapes["decoder.attention.v"] = (m,)
    return shapes
