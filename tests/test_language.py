"""Whether a text is English. The texts are written for these tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT

from summarize import Document
from summarize.document.language import is_foreign
from summarize.document.read import read
from summarize.errors import DocumentError

FOREIGN = {
    "German": "Der Stadtrat hat am Dienstag beschlossen, dass die Fähre ab März auch in der Nacht "
    "fährt. Bisher mussten die Bäcker auf das erste Boot warten, das um fünf Uhr ablegt.",
    "French": "Le conseil municipal a décidé mardi que le bac circulera aussi la nuit à partir du "
    "mois de mars. Jusque-là, les boulangers devaient attendre le premier bateau.",
    "Spanish": "El ayuntamiento decidió el martes que el transbordador navegará también por la "
    "noche desde marzo. Hasta ahora los panaderos tenían que esperar el primer barco.",
    "Dutch": "De gemeenteraad heeft dinsdag besloten dat het veer vanaf maart ook in de nacht "
    "vaart. Tot nu toe moesten de bakkers wachten op de eerste boot van vijf uur.",
    "Polish": "Rada miasta postanowiła we wtorek, że od marca prom będzie kursował także nocą. Do "
    "tej pory piekarze musieli czekać na pierwszy statek, który nie odpływa przed piątą.",
    "Russian": "Городской совет решил во вторник, что с марта паром будет ходить и ночью.",
    "Greek": "Το δημοτικό συμβούλιο αποφάσισε ότι το πλοίο θα ταξιδεύει και τη νύχτα.",
    "Chinese": "市议会星期二决定，从三月起渡轮将整夜运行。面包师以前要等到五点才有第一班船。",
    "Japanese": "市議会は火曜日、三月からフェリーを夜間も運航することを決めた。",
    "Arabic": "قرر مجلس المدينة يوم الثلاثاء أن العبّارة ستعمل طوال الليل ابتداء من مارس.",
}
ENGLISH = [
    "The ferry will run all night from March, the council decided on Tuesday.",
    "The naïve café owner Łukasz Müller-Żak paid 40 € to Søren in Århus, and left for Málaga.",
    "grep, sed, awk, cut, sort, uniq, tr, wc, head, tail, tee, xargs, find, ls, cp, mv, rm, ln",
    "Für Elise",  # too little to tell
]


@pytest.mark.parametrize("language", FOREIGN)
def test_other_languages_are_told(language: str) -> None:
    assert is_foreign(Document.from_text(FOREIGN[language]))


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_not(text: str) -> None:
    assert not is_foreign(Document.from_text(text))


def test_no_english_document_of_this_project_is_foreign() -> None:
    paths = [*ROOT.glob("*.md"), *ROOT.glob("benchmarks/**/*.md"), *ROOT.glob("summarize/**/*.md")]
    paths += [path for path in ROOT.glob("benchmarks/kinds/texts/*") if path.is_file()]
    read_ones = 0
    for path in paths:
        try:
            document = read(str(path))
        except DocumentError:
            continue
        read_ones += 1
        assert not is_foreign(document), path
    assert read_ones > 15


def test_one_notice_a_run_and_one_in_each_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from summarize.cli import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "de.txt").write_text(FOREIGN["German"])
    (tmp_path / "fr.txt").write_text(FOREIGN["French"])
    (tmp_path / "en.txt").write_text(ENGLISH[0] + " It costs less than a taxi, says the mayor.")
    monkeypatch.setattr("summarize.commands.streams.open_streams", lambda: None)
    assert run(["-m", "extract", "--json", "de.txt", "fr.txt", "en.txt"]) == 0
    told = capsys.readouterr()
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert [bool(row["notices"]) for row in rows] == [True, True, False]
    assert told.err.count("English") == 1 and "2 of 3" in told.err
    assert run(["-m", "lead", "de.txt"]) == 0
    assert "English" not in capsys.readouterr().err
    assert run(["-q", "-m", "extract", "de.txt"]) == 0
    assert capsys.readouterr().err == ""
