"""The PyTorch network against its NumPy twin, and against what attention is by definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import KINDS, small_config
from torch.nn import functional as F

from summarize.rnn import products
from summarize.rnn.attend import Query
from summarize.rnn.attention import KINDS as CLASSES
from summarize.rnn.attention import Memory
from summarize.rnn.kernels import SmoothedCrossEntropy, Take, reverse_within_length
from summarize.rnn.network import Seq2Seq
from summarize.rnn.products import Linear, multiply
from summarize.rnn.runtime import Runtime, weight_shapes

SHAPES = [(1, 1), (2, 1), (1, 2), (5, 3)]  # heads, encoder layers


def make(kind: str, heads: int = 1, layers: int = 1) -> Seq2Seq:
    torch.manual_seed(3)
    network = Seq2Seq(small_config(kind, heads, layers)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return network


def numpy_twin(network: Seq2Seq) -> Runtime:
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return Runtime(network.config, weights)


@pytest.mark.parametrize(("heads", "layers"), SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_numpy_equals_pytorch(kind: str, heads: int, layers: int) -> None:
    network = make(kind, heads, layers)
    runtime = numpy_twin(network)
    for length in (1, 2, 17):
        src, tgt = torch.randint(4, 40, (1, length)), torch.randint(2, 40, (1, 7))
        with torch.no_grad():
            output, weights = network(src, torch.ones_like(src, dtype=torch.bool), tgt)
            expected = network.logits(output).log_softmax(dim=-1)[0].numpy()
        state = runtime.start(runtime.encode(src[0].numpy()))
        for t in range(tgt.shape[1]):
            log_probs, state = runtime.step(tgt[0, t : t + 1].numpy(), state)
            np.testing.assert_allclose(log_probs[0], expected[t], atol=1e-4)
            looked = weights[0, :, t].mean(dim=0).numpy()
            np.testing.assert_allclose(state.attention[0], looked, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_hypotheses_do_not_mix(kind: str) -> None:
    """K rows in one step are K single rows; select keeps each with its own state."""
    runtime = numpy_twin(make(kind, heads=2))
    start = runtime.start(runtime.encode(np.arange(4, 15)))
    three = runtime.select(start, np.array([0, 0, 0]))
    assert len(three.h1) == 1  # they share their last state
    _, three = runtime.step(np.array([5, 6, 7]), three)
    swapped = runtime.select(three, np.array([2, 0]))
    together, _ = runtime.step(np.array([8, 9]), swapped)
    for row, (first, second) in enumerate([(7, 8), (5, 9)]):
        _, state = runtime.step(np.array([first]), start)
        alone, _ = runtime.step(np.array([second]), state)
        np.testing.assert_allclose(together[row], alone[0], atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind: str, layers: int) -> None:
    network = make(kind, heads=2, layers=layers)
    lengths = [9, 4, 1]
    src = torch.randint(4, 40, (3, 9))
    mask = torch.arange(9)[None] < torch.tensor(lengths)[:, None]
    tgt = torch.randint(2, 40, (3, 5))
    with torch.no_grad():
        batched, weights = network(src, mask, tgt)
        for row, length in enumerate(lengths):
            one = src[row : row + 1, :length]
            alone, looked = network(one, torch.ones_like(one, dtype=torch.bool), tgt[row][None])
            torch.testing.assert_close(batched[row], alone[0], atol=1e-5, rtol=0)
            torch.testing.assert_close(weights[row, ..., :length], looked[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_attention_is_a_distribution_over_real_tokens(kind: str, heads: int) -> None:
    network = make(kind, heads)
    src = torch.randint(4, 40, (3, 9))
    mask = torch.arange(9)[None] < torch.tensor([9, 5, 2])[:, None]
    with torch.no_grad():
        _, weights = network(src, mask, torch.randint(2, 40, (3, 6)))
    assert weights.shape == (3, heads, 6, 9)
    assert (weights.masked_select(~mask[:, None, None].expand_as(weights)) == 0).all()
    total = 0.0 if kind == "none" else 1.0  # the plain encoder-decoder looks at nothing
    torch.testing.assert_close(weights.sum(dim=-1), torch.full((3, heads, 6), total))


@pytest.mark.parametrize("kind", ["dot", "general", "additive"])
def test_attention_is_its_equation(kind: str) -> None:
    """One query, one head, written out with loops from the papers' equations."""
    torch.manual_seed(1)
    attention = CLASSES[kind](small_config(kind))
    values, query = torch.randn(1, 6, 20), torch.randn(1, 1, 20)
    mask = torch.ones(1, 6, dtype=torch.bool)
    with torch.no_grad():
        memory = Memory(values, attention.make_keys(values), mask, values[:, 0])
        context, weights = attention(query, memory)
        s = query[0, 0]
        scores = []
        for h in values[0]:
            if kind == "dot":
                scores.append(s @ h)
            elif kind == "general":
                scores.append((attention.query.weight @ s) @ h)
            else:
                inside = attention.query.weight @ s + attention.key.weight @ h
                scores.append(attention.v @ torch.tanh(inside))
        expected = torch.stack(scores).softmax(dim=0)
    torch.testing.assert_close(weights[0, 0, 0], expected)
    torch.testing.assert_close(context[0, 0], expected @ values[0])


def test_local_attention_is_its_equation() -> None:
    """Luong et al. 2015, eq. 9 and 10, with a normalized window."""
    torch.manual_seed(1)
    attention = CLASSES["local"](small_config("local"))
    values, query = torch.randn(1, 9, 20), torch.randn(1, 1, 20)
    mask = torch.arange(9)[None] < 8
    with torch.no_grad():
        _, weights = attention(query, Memory(values, values, mask, values[:, 0]))
        s = query[0, 0]
        hidden = torch.tanh(attention.place_hidden.weight @ s)
        place = 7 * torch.sigmoid(attention.place.weight[0] @ hidden)
        expected = torch.zeros(9)
        for i in range(8):
            if abs(i - place) <= 3:
                gaussian = torch.exp(-((i - place) ** 2) / (2 * 1.5**2))
                expected[i] = torch.exp((attention.query.weight @ s) @ values[0, i]) * gaussian
    torch.testing.assert_close(weights[0, 0, 0], expected / expected.sum())
    assert (weights > 0).sum() <= 7


def test_hard_attention_reads_one_place_and_still_learns() -> None:
    torch.manual_seed(1)
    attention = CLASSES["hard"](small_config("hard"))
    values, query = torch.randn(1, 6, 20), torch.randn(1, 4, 20)
    mask = torch.ones(1, 6, dtype=torch.bool)
    memory = Memory(values, values, mask, values[:, 0])
    for training in (False, True):
        attention.train(training)
        context, weights = attention(query, memory)
        assert torch.equal(weights.detach().sort(dim=-1).values[..., -1], torch.ones(1, 1, 4))
        torch.testing.assert_close(context[0], values[0, weights[0, 0].argmax(dim=-1)])
    context.sum().backward()
    assert attention.query.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("twin", ["torch", "numpy"])
def test_hard_attention_draws_by_the_softmax(twin: str) -> None:
    """4,000 draws against the shares of the softmax: scipy's chi-square finds no difference."""
    from scipy.stats import chisquare

    torch.manual_seed(5)
    network = make("hard")
    attention = network.decoder.attention
    scores = torch.tensor([0.0, 1.0, -1.0, 0.5])
    draws = 4000
    if twin == "torch":
        attention.train()
        many = scores.expand(1, 1, draws, 4)
        places = attention.share(many, many, torch.ones(1, 4, dtype=torch.bool)).argmax(dim=-1)
        counts = torch.bincount(places.flatten(), minlength=4).numpy()
    else:
        runtime = numpy_twin(network)
        counts = np.zeros(4)
        runtime.seed = 11
        for step in range(draws):
            asked = np.zeros((1, 1, 1), dtype=np.float32)
            keys = scores.numpy()[None, None]
            counts += runtime.attend.look(runtime.attend, Query(asked[0], asked + 1, step), keys)[
                0, 0
            ]
    expected = scores.softmax(dim=0).double().numpy()
    assert chisquare(counts, draws * expected / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_changes_nothing_in_numpy(kind: str) -> None:
    """Three documents of unlike length, two hypotheses each, against each one alone."""
    runtime = numpy_twin(make(kind, heads=2, layers=2))
    sources = [np.arange(4, 4 + length) for length in (9, 1, 17)]
    state = runtime.start(*runtime.encode_batch(sources))
    alone = [runtime.start(runtime.encode(src)) for src in sources]
    state = runtime.select(state, np.array([0, 0, 1, 1, 2, 2]))
    alone = [runtime.select(one, np.array([0, 0])) for one in alone]
    rows = np.array([1, 0, 5])  # the second document leaves the batch
    for tokens in (np.array([5, 6, 7, 8, 9, 10]), np.array([11, 12, 13])):
        if len(tokens) == 3:
            state = runtime.select(state, rows)
            alone = [runtime.select(alone[0], np.array([1, 0])), runtime.select(alone[2], [1])]
        together, state = runtime.step(tokens, state)
        assert len(state.lengths) == len(tokens)
        first = 0
        for i, one in enumerate(alone):
            own = slice(first, first + len(one.document))
            expected, alone[i] = runtime.step(tokens[own], one)
            np.testing.assert_allclose(together[own], expected, atol=1e-5)
            length = alone[i].lengths[0]
            looked = state.attention[own, :length]
            np.testing.assert_allclose(looked, alone[i].attention, atol=1e-6)
            first = own.stop


def test_what_attention_adds_does_not_depend_on_the_length() -> None:
    """The usual claim is a weight for every encoder step. There is none."""
    count = {kind: sum(p.numel() for p in make(kind).parameters()) for kind in KINDS}
    assert count["dot"] == count["none"]
    assert count["general"] - count["none"] == 20 * 20
    assert count["additive"] - count["none"] == 2 * 20 * 20 + 20


@pytest.mark.parametrize("kind", KINDS)
def test_weight_shapes_are_those_of_the_network(kind: str) -> None:
    network = make(kind, layers=3)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert shapes == weight_shapes(network.config)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_loss_is_torchs_cross_entropy(label_smoothing: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(10, 30, dtype=torch.float32, requires_grad=True)
    labels = torch.randint(0, 30, (10,))
    labels[[2, 9]] = -1
    loss, plain = SmoothedCrossEntropy.apply(logits, labels, label_smoothing)
    (3 * loss).backward()
    ours, logits.grad = logits.grad.clone(), None
    smooth = F.cross_entropy(logits, labels, ignore_index=-1, label_smoothing=label_smoothing)
    (3 * smooth).backward()
    torch.testing.assert_close(loss, smooth)
    torch.testing.assert_close(plain, F.cross_entropy(logits, labels, ignore_index=-1))
    torch.testing.assert_close(ours, logits.grad)


def test_take_reverses_each_row_within_its_length_and_has_the_right_gradient() -> None:
    mask = torch.arange(6)[None] < torch.tensor([6, 3, 1])[:, None]
    index = reverse_within_length(mask)
    x = torch.randn(3, 6, 2, dtype=torch.float64, requires_grad=True)
    y = Take.apply(x, index)
    torch.testing.assert_close(y[0], x[0].flip(0))
    torch.testing.assert_close(y[1, :3], x[1, :3].flip(0))
    torch.testing.assert_close(y[1, 3:], x[1, 3:])
    assert torch.autograd.gradcheck(lambda x: Take.apply(x, index), (x,))


def test_padding_targets_do_not_count() -> None:
    network = make("general")
    src, mask = torch.randint(4, 40, (2, 5)), torch.ones(2, 5, dtype=torch.bool)
    tgt, labels = torch.randint(2, 40, (2, 4)), torch.randint(2, 40, (2, 4))
    labels[1, 2:] = -100
    _, plain = network.loss(src, mask, tgt, labels, 0.1)
    output, _ = network(src, mask, tgt)
    expected = F.cross_entropy(network.logits(output).flatten(0, 1), labels.flatten())
    torch.testing.assert_close(plain, expected.detach())


@pytest.mark.parametrize("kind", KINDS)
def test_a_shortlist_gives_the_softmax_over_its_tokens(kind: str) -> None:
    """Against the whole vocabulary's logits, restricted and normalized; of two documents whose
    shortlists differ in length, and one of whose has no token of its own."""
    runtime = numpy_twin(make(kind, heads=2))
    runtime.frequent = np.array([1, 5, 9])
    sources, own = [np.arange(4, 11), np.arange(6, 9)], [np.array([5, 7, 30]), np.array([9])]
    whole = runtime.start(*runtime.encode_batch(sources))
    short = runtime.start(*runtime.encode_batch(sources, own))
    tokens = np.array([2, 3])
    full, _ = runtime.step(tokens, whole)
    cut, state = runtime.step(tokens, short)
    for row, names in enumerate(state.vocabulary):
        assert names.tolist() == [[1, 5, 9, 7, 30], [1, 5, 9]][row]
        expected = full[row, names] - np.log(np.exp(full[row, names]).sum())
        np.testing.assert_allclose(cut[row, : len(names)], expected, atol=1e-5)
        assert np.isneginf(cut[row, len(names) :]).all()


@pytest.mark.parametrize(
    "shape", [(1, 3, 64), (7, 40, 128), (9, 300, 192), (30, 1536, 128), (24, 3000, 64), (5, 3, 7)]
)
@pytest.mark.parametrize("core", ["SkylakeX", "Haswell", ""])
def test_products_in_blocks_are_products(
    monkeypatch: pytest.MonkeyPatch, core: str, shape: tuple[int, int, int]
) -> None:
    monkeypatch.setattr(products, "blas_core", lambda: core)
    rows, inputs, outputs = shape
    generator = np.random.default_rng(0)
    x = generator.normal(size=(rows, inputs)).astype(np.float32)
    weight = generator.normal(size=(2, inputs, outputs)).astype(np.float32)
    bias = generator.normal(size=(2, outputs)).astype(np.float32)
    expected = x @ weight + bias[:, None]
    np.testing.assert_allclose(Linear(weight, bias)(x), expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(Linear(weight[0])(x), x @ weight[0], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(
        multiply(x[None], weight[:1])[0], x @ weight[0], rtol=1e-4, atol=1e-3
    )
