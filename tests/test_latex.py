"""LaTeX against an independent parser, pylatexenc: headings, and the words of the text in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from summarize.document.document import Document
from summarize.document.read import from_bytes

PAPER = r"""\documentclass[11pt]{article}
\usepackage{amsmath}
\newcommand{\model}{RiverNet}
\title{Reading Rivers: Forecasting Floods from Gauges \thanks{Funded by no one.}}
\author{A. Writer \and B. Reader}
\begin{document}
\maketitle
\begin{abstract}
We study how water levels at $n = 40$ gauges can be forecast two days ahead. A small network
reaches an error of 12\,cm, half of the baseline's --- with 5\% of its cost~\cite{a2020}.
\end{abstract}
\section{Introduction}
Floods are costly \citep{b2019,c2021}. They arrive ``overnight'', as Fig.~\ref{fig:map} shows.
% a comment
Most forecasts rely on \emph{physical} models, which need hours.

\subsection*{Why gauges?}
\label{sec:why}
Gauges are cheap:
\begin{itemize}
  \item they report every \textbf{fifteen minutes};
  \item they cost less than \$300 each.
\end{itemize}
\section{Method \textit{in brief}}
The loss is
\begin{equation}
  L = \sum_i (y_i - \hat{y}_i)^2 .
\end{equation}
where $y_i$ is the level. Caf\'e owners along the M\"ohne helped us.
\begin{figure}
  \includegraphics{map.pdf}
  \caption{A map that nobody reads aloud.}
\end{figure}
\subsection{Training}
\paragraph{Data.} Ten years of levels, 3.5 million rows.
\begin{verbatim}
python train.py --epochs 3
\end{verbatim}
\section{Results and {\bf Limits}}
The error is 12 cm. It doubles in winter.
\section*{Acknowledgements}
We thank the gauge keepers.
\begin{thebibliography}{9}
\bibitem{a2020} A. Anybody. A book.
\end{thebibliography}
\end{document}
"""


@pytest.fixture(scope="module")
def ours() -> Document:
    return from_bytes(PAPER.encode(), "paper.tex")


def theirs(nodes: Any) -> Iterator[str]:
    """Headings as pylatexenc reads them. It knows no arguments of \\title and \\paragraph."""
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexMacroNode

    for node in nodes:
        if isinstance(node, LatexMacroNode) and node.macroname.endswith("section"):
            yield LatexNodes2Text().nodelist_to_text([node.nodeargd.argnlist[-1]])
        yield from theirs(getattr(node, "nodelist", None) or [])


def test_headings_are_those_of_pylatexenc(ours: Document) -> None:
    walker = pytest.importorskip("pylatexenc.latexwalker").LatexWalker(PAPER)
    found = [name for _, level, name in ours.headings if level in (2, 3)]
    assert found == list(theirs(walker.get_latex_nodes()[0])) and len(found) == 6
    assert [name for _, level, name in ours.headings if level not in (2, 3)] == [
        "Reading Rivers: Forecasting Floods from Gauges",
        "Data.",
    ]


def test_words_are_those_of_pylatexenc_in_order(ours: Document) -> None:
    """All of ours are in its text, which also has what we leave out: citations, captions, code."""
    latex2text = pytest.importorskip("pylatexenc.latex2text")
    text = latex2text.LatexNodes2Text(math_mode="verbatim").latex_to_text(PAPER)
    left = iter(re.findall(r"\w+", text.casefold()))
    prose = [ours.sentence_text(i) for i in range(len(ours.sentences))]
    missing = [
        word
        for sentence in prose[1:]  # the title stands in \maketitle
        for word in re.findall(r"\w+", sentence.casefold())
        if word not in left  # goes on from the last one that was found
    ]
    assert missing == []
    for never in ("Anybody", "nobody reads", "train.py", "RiverNet"):
        assert never not in " ".join(prose)
