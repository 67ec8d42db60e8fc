"""Whether the rows that the server promises have tests, and the page of features says which."""

from __future__ import annotations

import pytest

from tests import features

SERVER = (
    "T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T15 T16 L1 L2 L3 L4 L5 L6 W1 W2 W3 W4 W5 W6 W11 W12 W15 W16 "
    "W20 W21 W22 W23 W24 W25 G1 G2 G3 P1 P2 P10 P12 P13 P14 P17 B1 M15 M16 S1 S2 S3 S9 S10 S11 R1 R2 R3 R4 R5 R6 R7 "
    "R8 D1 D2 D3 D4 D5 X3 X4 X9 X13 X14 X15 X16 X17 X18"
).split()

pytestmark = pytest.mark.skipif(not features.MATRIX.is_file(), reason=f"no feature matrix in {features.MATRIX}")


def test_the_page_of_features_is_the_one_of_the_tests() -> None:
    assert features.PAGE.read_text() == features.page(features.matrix_with_tests()), "run `make docs`"


def test_every_row_of_the_server_has_a_test() -> None:
    rows = {row.id: row for listed in features.matrix_with_tests().values() for row in listed}

    assert [name for name in SERVER if not rows[name].tests] == []
