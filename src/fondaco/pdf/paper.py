"""How large is a sheet, and what of it is left free? Lengths are millimetres."""

from dataclasses import dataclass

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet. The header begins at `header_at` from the upper edge and has room down to `top`."""

    width: float = 210.0
    height: float = 297.0
    top: float = 20.0
    right: float = 15.0
    bottom: float = 20.0
    left: float = 15.0
    header_at: float = 5.0
    has_header_line: bool = False
    has_css_margins: bool = False  # the style sheet of the document says what is left free
    scale: float = 1.0  # 0.5: everything half as large

    @property
    def inner_width(self) -> float:
        """What a line may take."""
        return max(self.width - self.left - self.right, 1.0)


def points(mm: float) -> float:
    """
    >>> points(25.4)
    72.0
    """
    return mm * POINTS_PER_INCH / MM_PER_INCH
