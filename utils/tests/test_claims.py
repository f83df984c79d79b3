"""Does a lesson's table of claims say who claims what, and can a program read it back?"""

import pytest

from unrolled.claims import MIME, Claims


def one() -> Claims:
    measured = Claims()
    measured.add(
        "‖W‖ | bounds",
        by="Pascanu et al. 2013",
        measured="0.3",
        spread="0.2 to 0.4, 5 seeds",
        budget="300 updates",
        would_change="none",
    )
    return measured


def test_the_table_stands_in_markdown_with_its_bars_escaped() -> None:
    row = "| ‖W‖ \\| bounds | Pascanu et al. 2013 | 0.3 | 0.2 to 0.4, 5 seeds | 300 updates | none |"
    assert one().markdown().splitlines()[2] == row


def test_a_program_reads_the_rows_back() -> None:
    row = {"claim": "‖W‖ | bounds", "by": "Pascanu et al. 2013", "measured": "0.3", "spread": "0.2 to 0.4, 5 seeds"}
    row |= {"budget": "300 updates", "would_change": "none"}
    assert one()._repr_mimebundle_()[MIME] == {"rows": [row]}


def test_a_cell_that_runs_twice_notes_its_claim_once_with_the_newer_figure() -> None:
    measured = one()
    changed = {"measured": "0.35", "spread": "5 seeds", "budget": "as before", "would_change": "none"}
    measured.add("‖W‖ | bounds", by="Pascanu et al. 2013", **changed)
    assert [row.measured for row in measured.rows] == ["0.35"]


NEEDED = {"by": "Akbar", "measured": "1", "spread": "exact", "budget": "none: exact", "would_change": "nothing: exact"}


@pytest.mark.parametrize("missing", NEEDED)
def test_a_claim_with_an_empty_part_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match=f"has no '{missing}'"):
        Claims().add("a claim", **NEEDED | {missing: " "})


@pytest.mark.parametrize("missing", NEEDED)
def test_a_claim_without_one_of_its_parts_is_refused(missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        Claims().add("a claim", **{name: text for name, text in NEEDED.items() if name != missing})
