"""The form of each kind. What a field may hold is decided by services/publications; here only
what kind of thing it is."""

from dataclasses import replace
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from blueprints import templating
from blueprints.templating import GENRE_LABELS
from models import Genre, Kind, Origin, User
from services import attachments
from services.attachments import Attachment, ShownFile
from services.errors import InvalidInput
from services.kinds import KINDS, KindInfo
from services.publications import Content
from services.sanitising import from_plain

# What each field in which something is chosen is called on the screen.
CHOICES = {
    "section_id": "Chuyên mục",
    "genre": "Thể loại",
    "origin": "Nguồn gốc",
    "lead_media_id": "Ảnh đại diện",
}
ORIGIN_LABELS = {Origin.OWN: "Tự viết", Origin.COLLECTED: "Sưu tầm"}


def _id(value: Any) -> int | None:
    """An id from a form; None for an empty choice. Raises ValueError, which WTForms reports."""
    if value in (None, "", "None"):
        return None
    number = int(value)
    if not 0 < number < 2**31:
        raise ValueError("Lựa chọn này không có trong danh sách.")
    return number


class PublicationForm(FlaskForm):
    """What every kind has."""

    seen = HiddenField()
    title = StringField()
    summary = StringField()
    body = StringField()
    byline = StringField()
    section_id = SelectField(coerce=_id, validate_choice=False)
    genre = SelectField(
        choices=[SelectChoice(genre.value, label) for genre, label in GENRE_LABELS.items()]
    )
    origin = RadioField(
        choices=[SelectChoice(origin.value, label) for origin, label in ORIGIN_LABELS.items()]
    )
    source_name = StringField()
    source_url = StringField()
    lead_media_id = SelectField(coerce=_id, validate_choice=False)
    secrecy_declared = BooleanField()
    files = HiddenField()

    details: tuple[str, ...] = ()

    def offer_sections(self, user: User) -> None:
        """Fill the sections: those that the user may write for, in the order of the tree."""
        allowed = {section.id for section in user.sections} or None
        self.section_id.choices = [
            SelectChoice("", "Chọn chuyên mục"),
            *(
                SelectChoice(str(node.id), "\u2003" * node.depth + node.name)
                for node in templating.section_tree().choices(allowed=allowed)
            ),
        ]

    def content(self) -> Content:
        """What was typed, for the service. Call after ``validate``."""
        body = self.body.data or ""
        # The rich editor sends HTML, the plain text area whatever was typed into it.
        if not body.lstrip().startswith("<"):
            body = from_plain(body)
        return Content(
            title=self.title.data or "",
            summary=self.summary.data or "",
            body=body,
            byline=self.byline.data or "",
            section_id=self.section_id.data,
            genre=Genre(self.genre.data),
            origin=Origin(self.origin.data),
            source_name=self.source_name.data or "",
            source_url=self.source_url.data or "",
            lead_media_id=self.lead_media_id.data,
            secrecy_declared=bool(self.secrecy_declared.data),
            files=self.attachments(),
            details={name: getattr(self, name).data or "" for name in self.details},
        )

    def attachments(self) -> tuple[Attachment, ...]:
        """The attached files: the list that the page's script keeps, or, from a page without
        scripts, what was typed beside each of them. Raises InvalidInput."""
        places: list[tuple[int, Attachment]] = []
        for place, one in enumerate(attachments.typed(self.files.data or ""), start=1):
            if request.form.get(f"file-remove-{one.media_id}"):
                continue
            label = request.form.get(f"file-label-{one.media_id}", one.label)
            said = request.form.get(f"file-place-{one.media_id}", "")
            is_number = said.isascii() and said.isdigit() and len(said) < 4
            places.append((int(said) if is_number else place, replace(one, label=label)))
        return tuple(one for _, one in sorted(places, key=lambda pair: pair[0]))

    def shown_files(self) -> list[ShownFile]:
        """The attached files as the page lists them; none where the list cannot even be read."""
        try:
            return attachments.chosen(self.attachments())
        except InvalidInput:
            return []

    def fill(self, content: Content) -> None:
        """Show a text that is stored."""
        for name in (
            "title",
            "summary",
            "body",
            "byline",
            "section_id",
            "source_name",
            "source_url",
            "lead_media_id",
            "secrecy_declared",
        ):
            getattr(self, name).data = getattr(content, name)
        self.genre.data = content.genre.value
        self.origin.data = content.origin.value
        self.files.data = attachments.as_typed(attachments.chosen(content.files))
        for name in self.details:
            getattr(self, name).data = content.details.get(name, "")

    def sentences(self) -> dict[str, str]:
        """What is wrong with the fields themselves, after a failed ``validate``: a choice that
        is not offered is all that can be."""
        return {
            name: f"{CHOICES[name]}: lựa chọn này không có trong danh sách; hãy chọn lại."
            for name in self.errors
            if name
        }


def _form_of(info: KindInfo) -> type[PublicationForm]:
    """The form of a kind: what every kind has, and its own fields as text."""
    own: dict[str, Any] = {name: StringField() for name in info.detail_fields}
    name = f"{info.kind.value.title()}Form"
    return type(name, (PublicationForm,), {**own, "details": info.detail_fields})


FORMS: dict[Kind, type[PublicationForm]] = {info.kind: _form_of(info) for info in KINDS.values()}
