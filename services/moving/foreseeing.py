"""What a dry run tells of the relations of documents: which will be kept, which will wait for a
document that is not here yet, and which name nothing.

Nothing of what a dry run brings is there at its end, so what documents will be is remembered as
they go by, and their lines are judged by that and by what the site has: as ``document_relations``
will judge them, when they are there.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import select

from extensions import db
from models import DocumentRelation, Kind, Publication
from services import document_register, document_relations
from services.document_register import Key
from services.document_relations import MAX_LINES, RELATIONS, REPLACES, code_of, named_by
from services.moving.items import Line, Outcome
from services.moving.relating import Numbers, lines_of
from services.vietnamese import fold_document_number

CHUNK = 200

# A document by its number on this site, or by its code in the file where it has none yet.
Node = int | str
Value = TypeVar("Value")


@dataclass(slots=True)
class _Document:
    """One document of the file, as it will be."""

    row: int
    code: str
    title: str
    number: str
    lines: dict[str, list[str]]
    key: Key | None
    # Whether another may name it: it is or was before readers, and is no translation.
    is_named: bool
    is_out: bool
    node: Node = ""
    keeps: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


class Foresight:
    """Remembers the documents of one dry run."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self._documents: dict[int, _Document] = {}

    def add(
        self,
        *,
        row: int,
        code: str,
        title: str,
        texts: Sequence[Mapping[str, str]],
        is_live: bool,
        is_withdrawn: bool,
        is_translation: bool = False,
    ) -> None:
        """A document that the run would store; ``texts``: the fields of the one that readers
        have, and of the newest one."""
        lines: dict[str, dict[str, None]] = defaultdict(dict)
        for details in texts:
            for name, each in lines_of(details).items():
                lines[name] |= dict.fromkeys(each)
        self._documents[row] = _Document(
            row,
            code,
            title,
            texts[0].get("document_number", ""),
            {name: list(each) for name, each in lines.items()},
            document_register.key_of(texts[0]),
            is_live and not is_translation,
            is_live and not is_withdrawn,
        )

    def add_exported(self, *, row: int, title: str, values: Mapping[str, Any]) -> None:
        """The same, of a line of a site's own export."""
        texts = [one["details"] for one in (values["live"], values["latest"]) if one]
        self.add(
            row=row,
            code=str(int(values["id"])),
            title=title,
            texts=[{name: str(value) for name, value in each.items()} for each in texts],
            is_live=bool(values["live"]),
            is_withdrawn=bool(values.get("withdrawn_at")),
            is_translation=bool(values.get("translation_of")),
        )

    def drop(self, row: int) -> None:
        """It would not be stored, or is to stay as somebody has changed it here."""
        self._documents.pop(row, None)

    def lines(self) -> Iterator[Line]:
        """A line of the report for each document that names others; for one whose number another
        of the file has, too."""
        told = dict(self._doubles())
        documents = [one for row, one in sorted(self._documents.items()) if row not in told]
        judged = _Judged(documents, self.numbers)
        for one in documents:
            judged.judge(one)
            if sentences := _sentences(one):
                told[one.row] = sentences
        for row, sentence in sorted(told.items()):
            one = self._documents[row]
            yield Line(row, one.code, one.title, Outcome.NOTED, sentence[:2000])

    def _doubles(self) -> Iterator[tuple[int, str]]:
        first: dict[Key, _Document] = {}
        for row, one in sorted(self._documents.items()):
            if one.key is None or not (one.is_out and one.is_named):
                continue
            other = first.setdefault(one.key, one)
            if other is not one:
                sentence = (
                    f"Khi nhập thật sẽ không nhận: số, ký hiệu {one.number} của cơ quan này "
                    f"trong năm {one.key[2]} đã có ở mục {other.row} của tệp."
                )
                yield row, sentence


class _Judged:
    """Knows every document that a line may name: of the file, and of the site."""

    def __init__(self, documents: Sequence[_Document], numbers: Numbers) -> None:
        self.by_code = {one.code: one for one in documents}
        named = (
            code
            for one in documents
            for each in one.lines.values()
            for line in each
            if (code := code_of(line)) is not None
        )
        codes = {int(code) for code in self.by_code if code.isdecimal()} | set(named)
        self.here: dict[int, int] = {}
        for some_codes in _chunks(sorted(codes)):
            self.here |= numbers.here(some_codes)
        self.by_node: dict[Node, _Document] = {}
        self.by_number: dict[str, list[_Document]] = defaultdict(list)
        for one in documents:
            code = int(one.code) if one.code.isdecimal() else 0
            one.node = self.here.get(code, one.code)
            self.by_node[one.node] = one
            if one.is_named and (key := fold_document_number(one.number)):
                self.by_number[key].append(one)
        # What stands on the site of the documents that the file does not write anew.
        asked = {line for one in documents for each in one.lines.values() for line in each}
        asked = {line for line in asked if code_of(line) is None}
        asked |= {f"#{self.here[code]}" for code in codes if code in self.here}
        self.on_site: dict[str, list[int]] = {}
        for some_lines in _chunks(sorted(asked)):
            self.on_site |= named_by(some_lines)
        self.replaces = self._replacements(documents)

    def judge(self, document: _Document) -> None:
        for name, lines in document.lines.items():
            label, _ = RELATIONS[name]
            if len(lines) > MAX_LINES:
                document.lost.append(f"{label} (hãy ghi nhiều nhất {MAX_LINES} văn bản)")
                continue
            for line in lines:
                said = f"{label} “{line[:80]}”"
                nodes, waits_for = self._meant(line)
                if waits_for:
                    document.waits.append(f"{said} ({waits_for})")
                elif not nodes:
                    document.lost.append(f"{said} (không có trên trang, không có trong tệp)")
                elif len(nodes) > 1:
                    document.lost.append(
                        f"{said} (có {len(nodes)} văn bản mang số này; hãy ghi # và mã)"
                    )
                elif nodes[0] == document.node:
                    document.lost.append(f"{said} (chính nó)")
                elif name == REPLACES and (way := self._circle(document.node, nodes[0])):
                    document.lost.append(
                        f"{said} (các văn bản thay thế nhau thành vòng {way}; chỉ giữ những dòng "
                        "không khép vòng)"
                    )
                else:
                    document.keeps.append(f"{said} ({self._where(nodes[0])})")

    def _meant(self, line: str) -> tuple[list[Node], str]:
        """The documents that a line will name, or what it waits for."""
        code = code_of(line)
        if code is None:
            found = self.by_number.get(fold_document_number(line), [])
            others = [each for each in self.on_site.get(line, ()) if each not in self.by_node]
            return [*(one.node for one in found), *others], ""
        if (one := self.by_code.get(str(code))) is not None:
            return ([one.node], "") if one.is_named else ([], "văn bản ấy chưa đăng")
        if code not in self.here:
            return [], "chưa có trên trang, không có trong tệp"
        nodes: list[Node] = [*self.on_site[f"#{self.here[code]}"]]
        return nodes, "" if nodes else "văn bản ấy chưa đăng"

    def _replacements(self, documents: Sequence[_Document]) -> dict[Node, list[Node]]:
        """What replaces what, in the file and on the site."""
        found: dict[Node, list[Node]] = defaultdict(list)
        on_site = (
            select(Publication.id, DocumentRelation.target_id)
            .join(DocumentRelation, DocumentRelation.revision_id == Publication.live_revision_id)
            .where(
                Publication.kind == Kind.DOCUMENT,
                Publication.withdrawn_at.is_(None),
                DocumentRelation.relation == REPLACES,
            )
        )
        for source, target in db.session.execute(on_site):
            if source not in self.by_node:
                found[source].append(target)
        for one in documents:
            for line in one.lines.get(REPLACES, ())[:MAX_LINES]:
                nodes, _ = self._meant(line)
                if len(nodes) == 1 and nodes[0] != one.node and one.is_out:
                    found[one.node].append(nodes[0])
        return found

    def _circle(self, source: Node, target: Node) -> str:
        """The way back to a document over one that it replaces; empty where there is none."""
        before: dict[Node, Node] = {target: source}
        waiting = deque([target])
        while waiting and source not in before:
            at = waiting.popleft()
            for each in self.replaces.get(at, ()):
                if each not in before:
                    before[each] = at
                    waiting.append(each)
        if source not in before:
            return ""
        way = [source]
        while way[-1] != source or len(way) == 1:
            way.append(before[way[-1]])
        return f"({' ← '.join(self._name(each) for each in way)})"

    def _name(self, node: Node) -> str:
        if (one := self.by_node.get(node)) is not None:
            return one.number or one.title
        assert isinstance(node, int)
        return document_relations.names_of([node]).get(node, f"#{node}")

    def _where(self, node: Node) -> str:
        one = self.by_node.get(node)
        return f"mục {one.row}" if one is not None else "đã có trên trang"


def _sentences(document: _Document) -> str:
    parts = (
        ("Sẽ ghi", document.keeps),
        ("Còn chờ", document.waits),
        ("Không ghi được", document.lost),
    )
    return " ".join(f"{said}: {'; '.join(each)}." for said, each in parts if each)


def _chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
