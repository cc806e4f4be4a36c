"""The rule that makes the list of faults from the sources; README.md states it in words.

It reads the text, not the language: it leans on the form that clang-format gives (blanks around
comparisons and none inside template brackets, one statement a line).
"""

import re
from dataclasses import dataclass

COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
COMPARISON = re.compile(r"(?<=\s)(?:<=|>=|==|!=|<|>)(?=\s)")
NUMBER = r"\b(?:0x[0-9A-F]+|[0-9]+)U?\b"
INTEGER = r"(?:std::u?int(?:8|16|32|64)_t|std::size_t|unsigned|int)"
CONSTANT = re.compile(rf"\bconstexpr {INTEGER} (\w+)(?: = |\{{)")
LIMIT = re.compile(r"\b(?:\w+\.)*(?:\b(?:limits|l)\.(\w+)|\bmax_\w+|\b\w+_cap)\b(?!\()")
# The value of `constexpr INTEGER name = value;`, where it is one number.
DEFINITION = re.compile(rf"\bconstexpr {INTEGER} \w+ = ({NUMBER});")
TABLE = re.compile(r"\bconstexpr std::array<[^=;]*?>\s+\w+\{\{(.*?)\}\};", re.S)
RETURN = re.compile(r"\breturn\b[^;]*;")


@dataclass(frozen=True)
class Fault:
    """One change of a file. `prefix` and `suffix` are the rest of its anchor; blanks in the three
    texts that are found in the source stand for any white space."""

    file: str
    kind: str
    prefix: str
    old: str
    new: str
    suffix: str
    number: int  # which of the equal anchors, from 1

    def __str__(self):
        which = "" if self.number == 1 else f" ({self.number})"
        return f"{self.kind}{which}: {self.prefix}[-{self.old}-]{{+{self.new}+}}{self.suffix}"

    def spans(self, source):
        """Where `old` stands in the source, once for each of the equal anchors."""
        words = [r"\s+".join(re.escape(w) for w in re.split(r"\s+", text))
                 for text in (self.prefix, self.old, self.suffix)]
        anchor = r"^[ \t]*{}({}){}[ \t]*$".format(*words)
        return [m.span(1) for m in re.finditer(anchor, source, re.M)]

    def plant(self, source):
        """The source with the fault, or None where the anchor is not there."""
        spans = self.spans(source)
        if len(spans) < self.number:
            return None
        start, end = spans[self.number - 1]
        return source[:start] + self.new + source[end:]


@dataclass(frozen=True)
class Change:
    """Where a fault is, and what it puts there."""

    start: int
    end: int
    kind: str
    new: str
    operands: tuple = ()  # of a comparison: where its left one begins, and its right one ends
    constant: bool = False  # what stands there is needed when the program is compiled


def blanked(source):
    """The source, as long as it was, without comments, text, directives and static assertions."""
    ignored = re.compile(
        r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'|^[ \t]*#[^\n]*'
        r"|\bstatic_assert\([^;]*;", re.S | re.M)
    return ignored.sub(lambda m: re.sub(r"[^\n]", "_" if m[0][0] in "\"'" else " ", m[0]), source)


def operand_end(code, at):
    depth = 0
    while at < len(code):
        if code[at] in "([{":
            depth += 1
        elif code[at] in ")]}":
            depth -= 1
            if depth < 0:
                return at
        elif depth == 0 and (code[at] in ";,?" or code.startswith(("&&", "||", " : "), at)):
            return at
        at += 1
    return at


def operand_begin(code, at):
    depth = 0
    while at > 0:
        before = code[:at]
        if before[-1] in ")]}":
            depth += 1
        elif before[-1] in "([{":
            depth -= 1
            if depth < 0:
                return at
        elif depth == 0 and (before[-1] in ";,?" or before.endswith(("&&", "||", " : ", " = "))
                             or re.search(r"\breturn$", before[-7:])):
            return at
        at -= 1
    return at


def grouped(code, begin, at):
    """Whether what stands at `at` belongs to the operand itself: in no call, index or braces."""
    depth = 0
    for i in range(at - 1, begin - 1, -1):
        if code[i] in ")]}":
            depth += 1
        elif code[i] in "([{":
            if depth > 0:
                depth -= 1
            elif code[i] != "(" or re.search(r"[\w>)\]]$", code[:i]):
                return False
    return True


def moved(text, step):
    """A number, or the name of one, moved by one; None where there is no such number."""
    if re.fullmatch(NUMBER, text):
        digits, suffix = text.removesuffix("U"), "U" if text.endswith("U") else ""
        value = int(digits, 0) + step
        if value < 0:
            return None
        return (f"0x{value:X}" if digits.startswith("0x") else str(value)) + suffix
    return f"{text} {'+' if step > 0 else '-'} 1"


def comparisons(code):
    for m in COMPARISON.finditer(code):
        operands = operand_begin(code, m.start()), operand_end(code, m.end())
        yield Change(m.start(), m.end(), "comparison", COMPARISONS[m[0]], operands)


def compared_limits(code, constants):
    """Numbers and constants among what is compared, moved the way that the comparison's own fault
    does not move them."""
    name = rf"(?<!\.)(?:\w+::)*\b(?:{'|'.join(sorted(constants))})\b(?![(.])"
    limit = re.compile(rf"{NUMBER}|{LIMIT.pattern}|{name}")
    for m in COMPARISON.finditer(code):
        sides = ((operand_begin(code, m.start()), m.start(), -1),
                 (m.end(), operand_end(code, m.end()), 1))
        for begin, end, side in sides:
            for found in limit.finditer(code, begin, end):
                before, after = code[begin:found.start()].rstrip(), code[found.end():end].lstrip()
                masked = re.search(r"[&|*/%]$|<<$|>>$", before) or re.match(r"[&*/%]|<<", after)
                if masked or not grouped(code, begin, found.start()):
                    continue
                step = -side if m[0] in ("<", ">=") else side if m[0] in (">", "<=") else 1
                if re.search(r"-$", before):
                    step = -step
                new = moved(found[0], step)
                if new is None and m[0] in ("==", "!="):
                    new = moved(found[0], 1)
                if new is not None:
                    yield Change(found.start(), found.end(), "limit", new)


def other_limits(code, times):
    for m in LIMIT.finditer(code):
        if re.search(rf"\b{INTEGER} $", code[:m.start()]) or re.match(" = ", code[m.end():]):
            continue  # it is defined or set
        new = f"({m[0]} + duration{{1}})" if m[1] in times else f"{m[0]} + 1"
        size = re.match(">", code[m.end():]) is not None  # of an array
        yield Change(m.start(), m.end(), "limit", new, constant=size)
    for m in DEFINITION.finditer(code):
        yield Change(m.start(1), m.end(1), "limit", moved(m[1], 1), constant=True)
    for table in TABLE.finditer(code):
        for m in re.compile(NUMBER).finditer(code, table.start(1), table.end(1)):
            yield Change(m.start(), m.end(), "limit", moved(m[0], 1), constant=True)


def opener(code, close):
    """What opened the block that ends at `close`: the word of a control statement, or ''."""
    depth, at = 1, close
    while depth > 0:
        at -= 1
        depth += (code[at] == "}") - (code[at] == "{")
    before = code[:at].rstrip()
    if before.endswith(")"):
        depth, at = 1, len(before) - 1
        while depth > 0:
            at -= 1
            depth += (before[at] == ")") - (before[at] == "(")
        before = re.sub(r"\bif constexpr\s*$", "if", before[:at]).rstrip()
        before = re.sub(r"\bcatch$", "", before)
    word = re.search(r"\b(if|for|while|switch|else|do)$", before)
    return word[1] if word else ""


def early_returns(code):
    """Those behind which the function still has something to do."""
    for m in RETURN.finditer(code):
        at = m.end()
        while (rest := re.match(r"\s*\}", code[at:])):
            at += rest.end()
            kind = opener(code, at - 1)
            if kind in ("for", "while", "do"):
                yield Change(m.start(), m.end(), "return", ";")
                break
            if kind == "":
                break
        else:
            yield Change(m.start(), m.end(), "return", ";")


def anchored(source, start, end, kind):
    """The lines around a change: those that it touches, and the one before a return alone."""
    begin = source.rfind("\n", 0, start) + 1
    if kind == "return" and not source[begin:start].strip():
        begin = source.rfind("\n", 0, begin - 1) + 1
    stop = source.find("\n", end)
    one_line = lambda text: re.sub(r"\s+", " ", text)
    return (one_line(source[begin:start].lstrip()), one_line(source[start:end]),
            one_line(source[end:stop].rstrip()))


def changes(source, constants, times):
    """All that the rule changes in a file, in the order of its text."""
    code = blanked(source)
    limits = {}
    for change in [*compared_limits(code, constants), *other_limits(code, times)]:
        limits.setdefault((change.start, change.end), change)
    return sorted([*comparisons(code), *limits.values(), *early_returns(code)],
                  key=lambda change: (change.start, change.end))


def faults(file, source, found):
    """The changes as faults, in their order."""
    out = []
    for change in found:
        prefix, old, suffix = anchored(source, change.start, change.end, change.kind)
        fault = Fault(file, change.kind, prefix, old, change.new, suffix, 1)
        number = [start for start, _ in fault.spans(source)].index(change.start) + 1
        out.append(Fault(file, change.kind, prefix, old, change.new, suffix, number))
    return out
