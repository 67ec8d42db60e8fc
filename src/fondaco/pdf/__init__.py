"""How a page of HTML becomes sheets of paper: split, laid out, joined. Read upwards: paper, parts, sheets, engine."""
