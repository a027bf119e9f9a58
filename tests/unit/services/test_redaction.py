"""What looks like a person's name or number is pointed at; what is none mostly is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.redaction import findings_in

FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Đoàn", "Trương")
MIDDLES = ("Văn", "Thị", "Đức", "Ngọc", "Minh", "Hữu")
GIVEN = ("An", "Bình", "Chi", "Dũng", "Hoà", "Khánh", "Lan", "Phượng", "Tuấn", "Yến")
FILLERS = (
    "Căn cứ hồ sơ, {} khiếu nại quyết định xử phạt.",
    "{}: đơn ghi ngày 05/07/2026.",
    "Trả lời đơn của {}.",
)


def texts(text: str) -> list[str]:
    return [one.text for one in findings_in({"Tóm tắt": text})]


@given(
    st.sampled_from(FAMILIES),
    st.sampled_from(MIDDLES),
    st.sampled_from(GIVEN),
    st.sampled_from(FILLERS),
    st.booleans(),
)
def test_a_full_name_is_found_wherever_it_stands(
    family: str, middle: str, given_name: str, around: str, is_loud: bool
) -> None:
    name = f"{family} {middle} {given_name}"
    name = name.upper() if is_loud else name
    assert any(name in found for found in texts(around.format(name)))


@given(st.sampled_from(("ông", "Bà", "anh", "Chị", "công dân")), st.sampled_from(GIVEN))
def test_whoever_is_addressed_is_found_by_one_name(called: str, name: str) -> None:
    assert texts(f"Theo đơn của {called} {name} gửi ngày 05/07/2026.") == [f"{called} {name}"]


@given(st.integers(0, 10**12 - 1), st.sampled_from((9, 12)))
def test_an_identity_number_is_found(number: int, length: int) -> None:
    digits = f"{number:0{length}}"[:length]
    assert digits in texts(f"Số {digits}, cấp ngày 05/07/2020.")


@pytest.mark.parametrize(
    "typed", ["0905 123 456", "0905.123.456", "+84 905 123 456", "0236-3822-123"]
)
def test_a_telephone_number_is_found_however_it_is_spaced(typed: str) -> None:
    assert [one.label for one in findings_in({"Tóm tắt": f"Gọi {typed}."})] == ["số điện thoại"]


@pytest.mark.parametrize(
    "text",
    [
        "Sở Khoa học và Công nghệ thành phố Đà Nẵng trả lời ông N.V.A về đơn ngày 05/07/2026.",
        "Quyết định 12/2026/QĐ-SKHCN ngày 05/07/2026, số tiền 1.200.000.000 đồng.",
        "Luật Khiếu nại, Luật Tố cáo; Ủy ban nhân dân quận Hải Châu; phường Hoà Cường Bắc.",
        "Bà T. trú tại Đà Nẵng.",
    ],
)
def test_what_is_hidden_or_no_person_is_left_alone(text: str) -> None:
    assert texts(text) == []


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    for found in findings_in({"Tóm tắt": text}):
        assert found.place == "Tóm tắt"
        assert found.text
