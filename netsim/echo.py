"""Foreign text as it may be shown: names of files and nodes, values, messages of other programs.

Such a text may hold escape sequences, which make a terminal move, recolour, or answer for the user;
marks that turn the direction of writing; and halves of surrogate pairs, which cannot be written at
all. None of them is printable in Unicode's sense, and nothing else is lost by showing them as
question marks. Whatever is printed passes through here (`netsim.cli.output`); so does what is
quoted within a message, lest a line break in a name make two lines of one.
"""

from __future__ import annotations


def visible(text: object, instead: str = "?") -> str:
    """Return `text` on one line, with `instead` for each character that is not to be seen."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(letter if letter.isprintable() else instead for letter in shown)


def visible_lines(text: object) -> str:
    """Return `text` as `visible` does, keeping its lines; a tab becomes a blank."""
    return "\n".join(visible(line.replace("\t", " ")) for line in str(text).split("\n"))
