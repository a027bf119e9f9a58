"""What may be typed into a kind's own fields, and how it is kept."""

from datetime import date

import pytest

from models import Kind
from services import kind_fields
from services.errors import InvalidInput
from services.kinds import KINDS, cleaned_details, said_details

DAY = kind_fields.day("issued_on", "Ngày ban hành")
LEVEL = kind_fields.choice("level", "Cấp", [("bo", "Bộ"), ("co-so", "Cơ sở")])
STEPS = kind_fields.text("steps", "Trình tự")


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (DAY, " 5/7/2017 ", "05/07/2017"),
        (DAY, "", ""),
        (LEVEL, "co-so", "co-so"),
        (STEPS, "  Nộp  hồ sơ\r\n\r\n\r\n Nhận kết quả \n", "Nộp hồ sơ\n\nNhận kết quả"),
        (kind_fields.number("position", "Thứ tự"), "007", "7"),
        (kind_fields.document_sign("n", "Số"), "5 /2017/qd–ubnd", "05/2017/QĐ-UBND"),
        (kind_fields.line("host", "Chủ trì"), "Đa\u0300 Nă\u0303ng\u0000", "Đà Nẵng"),
        (kind_fields.address("url", "Địa chỉ"), "https://a.vn/x", "https://a.vn/x"),
    ],
)
def test_what_is_typed_is_kept_in_one_way(field: kind_fields.Field, typed: str, kept: str) -> None:
    assert kind_fields.cleaned(field, typed) == kept
    assert kind_fields.written(field, kind_fields.stored(field, kept)) == kept


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        (DAY, "31/02/2017", "Ngày ban hành"),
        (LEVEL, "huyen", "Cấp: lựa chọn này không có trong danh sách; hãy chọn lại."),
        (kind_fields.number("position", "Thứ tự"), "mười", "Thứ tự phải là một số"),
        (kind_fields.line("host", "Chủ trì"), "a" * 201, "Chủ trì dài 201 ký tự; hãy rút còn"),
        (kind_fields.address("url", "Địa chỉ"), "javascript:alert(1)", "Địa chỉ phải bắt đầu"),
        (kind_fields.address("url", "Địa chỉ"), "https://[", "Địa chỉ phải bắt đầu"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_name(
    field: kind_fields.Field, typed: str, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        kind_fields.cleaned(field, typed)
    assert refused.value.sentence.startswith(sentence)
    assert list(refused.value.fields) == [field.name]


def test_every_field_that_is_wrong_is_told_at_once() -> None:
    _, wrong = cleaned_details(Kind.DOCUMENT, {"issued_on": "hôm qua", "document_type": "thơ"})
    assert set(wrong) == {"issued_on", "document_type"}


def test_readers_are_told_the_name_of_a_choice() -> None:
    said = said_details(Kind.PROCEDURE, {"online_level": "toan-trinh", "code": "2.001234"})
    assert [(field.name, text) for field, text in said] == [
        ("code", "2.001234"),
        ("online_level", "Toàn trình"),
    ]


def test_a_day_is_stored_as_a_day() -> None:
    assert kind_fields.stored(DAY, "05/07/2017") == date(2017, 7, 5)


def test_each_kind_has_an_address_of_its_own_and_a_column_for_each_field() -> None:
    assert set(KINDS) == set(Kind)
    assert len({info.path for info in KINDS.values()}) == len(Kind)
    for info in KINDS.values():
        columns = set(info.detail_model.__table__.columns.keys()) if info.detail_model else set()
        # A folded number is made of the number, for looking it up.
        assert columns - {"revision_id", "number_key"} == set(info.detail_fields)
