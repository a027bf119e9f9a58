"""Texts in TCVN3 and VNI are recognised and converted; nothing else is taken for one."""

import json
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.content import read_items
from services.legacy_encodings import TCVN3, VNI, convert, convert_html, detect, detect_html
from services.sanitising import sanitise

CASES = json.loads((Path(__file__).parents[2] / "data" / "text-cases.json").read_text("utf-8"))
POSTS = [unicodedata.normalize("NFC", item.body) for item in read_items()]

# A paragraph as it stands in files of the nineties, and the same in Unicode.
IN_TCVN3 = (
    "Së Khoa häc vµ C«ng nghÖ võa tæ chøc héi nghÞ triÓn khai nhiÖm vô n¨m 2003. "
    "C¸c ®¬n vÞ tr×nh bµy kÕt qu¶ nghiªn cøu, øng dông trong n«ng nghiÖp vµ thuû s¶n."
)
IN_VNI = (
    "Sôû Khoa hoïc vaø Coâng ngheä vöøa toå chöùc hoäi nghò trieån khai nhieäm vuï naêm 2003. "
    "Caùc ñôn vò trình baøy keát quaû nghieân cöùu, öùng duïng trong noâng nghieäp vaø thuyû saûn."
)
IN_UNICODE = (
    "Sở Khoa học và Công nghệ vừa tổ chức hội nghị triển khai nhiệm vụ năm 2003. "
    "Các đơn vị trình bày kết quả nghiên cứu, ứng dụng trong nông nghiệp và thuỷ sản."
)
FOREIGN = {
    "French": "façade été où être garçon forêt hôtel maïs naïve Noël cœur élève déjà côté âme île "
    "août aïeul français société développement à côté événement là ça très près août maître fête "
    "tête bientôt rôle même côte pôle drôle théâtre gâteau château âge pâte mâle hâte sûr mûr dû "
    "voilà jusqu'à où naître paraître reçu leçon aperçu ambiguë aiguë haïr ouïr Citroën",
    "German": "Müller größer schön für Straße Übung Äpfel Öl hören müssen können dürfen Mädchen "
    "Köln München fließen weiß heißen süß grün fünf zwölf Töchter Söhne Höhe böse Tür Bär Käse Öde "
    "früh spät Häuser Bäume träumen läuft Schüler Brötchen natürlich übrigens außerdem gemäß",
    "Portuguese": "São Paulo não ações coração mãe irmão avô avó você três português está água só "
    "nó pó dó fé pé café sofá maçã lã rã amanhã manhã bênção órgão pães põe limões têm vêm pôr até "
    "já lá cá aí daí saí país baú açaí céu réu chapéu herói anéis fóssil lâmpada relógio história",
    "Spanish": "niño mañana año señor español corazón está más también aquí allí día río país baúl "
    "café té sí mí él tú qué cómo cuándo dónde así después según además acción razón jamón ratón "
    "piñón cañón ñoño pingüino vergüenza lingüística ¿qué? ¡sí! árbol lápiz césped útil fácil",
}
PAGES = {
    "French": "L'été dernier, à la préfecture, les élèves ont présenté leurs créations : « une "
    "fête où chacun a pu être entendu », a déclaré le maire. La forêt voisine, très âgée, abrite "
    "des chênes, des hêtres et des érables ; le théâtre, fermé depuis août, rouvrira bientôt.",
    "German": "Die Übergabe der Schlüssel fand am späten Nachmittag in München statt. Für die "
    "größeren Städte müssen künftig strengere Maßnahmen gelten, erklärte der zuständige Minister; "
    "außerdem würden jährlich fünf Brücken überprüft.",
    "Portuguese": "A comissão aprovou a criação de três órgãos de gestão da água. Não há, até já, "
    "previsão de conclusão das obras, mas a população do município só receberá informações após "
    "as eleições; lá, o avô e a avó têm fé e pó de café.",
    "Spanish": "El año pasado, la compañía española amplió su fábrica en el barrio más antiguo. "
    "¿Cuántos niños vendrán mañana? Según el señor Ibáñez, también llegarán los de la región; así "
    "lo decidió él, y tú ya sabías por qué.",
}


@pytest.mark.parametrize("case", CASES["legacy_encodings"], ids=lambda case: case["input"])
def test_each_agreed_case_is_recognised_and_converted_or_left_alone(case: dict[str, str]) -> None:
    found = detect(case["input"])
    assert found == (None if case["encoding"] == "none" else case["encoding"])
    assert (convert(case["input"], found) if found else case["input"]) == case["output"]


@pytest.mark.parametrize(("text", "encoding"), [(IN_TCVN3, TCVN3), (IN_VNI, VNI)])
def test_a_paragraph_is_recognised_and_becomes_what_its_author_wrote(
    text: str, encoding: str
) -> None:
    assert detect(text) == encoding
    assert convert(text, encoding) == IN_UNICODE


def test_capitals_are_converted_too() -> None:
    assert convert("ÑAÏI HOÄI ÑAÛNG BOÄ, Oâng AÂn, Ñaø Naüng", VNI) == (
        "ĐẠI HỘI ĐẢNG BỘ, Ông Ân, Đà Nẵng"
    )
    assert convert("§¶ng ¡n ¢n £m ¤ng ¥n ¦u", TCVN3) == "Đảng Ăn Ân Êm Ông Ơn Ưu"


@pytest.mark.skipif(not shutil.which("iconv"), reason="iconv is what the table is compared with")
def test_the_table_of_tcvn3_is_that_of_the_standard() -> None:
    # The tones that stand alone are not letters of TCVN3.
    codes = [code for code in range(0xA1, 0x100) if not 0xB0 <= code <= 0xB4]
    known = subprocess.run(
        ["iconv", "-f", "TCVN5712-1", "-t", "UTF-8"],
        input=bytes(codes),
        capture_output=True,
        check=False,
    )
    if known.returncode:
        pytest.skip("this iconv does not know TCVN 5712")
    converted = [convert(chr(code), TCVN3) for code in codes]
    assert converted == list(known.stdout.decode())


def test_no_post_of_the_demonstration_is_taken_for_an_old_one() -> None:
    assert len(POSTS) >= 60
    assert [post[:60] for post in POSTS if detect_html(post)] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_no_foreign_word_nor_page_is_taken_for_an_old_one(language: str) -> None:
    words = FOREIGN[language].split()
    assert [word for word in words if detect(word)] == []
    assert detect(FOREIGN[language]) is None
    assert detect(PAGES[language]) is None


def test_vietnamese_with_the_letters_of_western_europe_alone_is_not_taken_for_an_old_one() -> None:
    assert detect("ông bà cô bé có cá, là quà cho bà; à, thì ra là thú dữ") is None
    assert detect("Anh có ý là ta cùng đi về nhà") is None


def test_every_post_written_in_an_old_font_would_be_recognised() -> None:
    old = {new: chr(code) for code in range(0xA1, 0x100) if (new := convert(chr(code), TCVN3))}
    missed = [
        post[:60]
        for post in POSTS
        # Some have no text beside their fields, some are in English.
        if not old.keys().isdisjoint(post)
        and detect_html("".join(old.get(letter, letter) for letter in post)) != TCVN3
    ]
    assert missed == []


def test_markup_stays_and_words_in_it_are_converted() -> None:
    text = sanitise(
        '<h2>Tæ chøc</h2><p>Së <strong>Khoa häc</strong> vµ <a href="https://x.vn/?a=1&b=vµ">C«ng '
        "nghÖ</a> &lt;b&gt; R&amp;D</p><ul><li>§µ N½ng</li></ul>"
        '<p><img src="/tep/abcdefgh/960.webp" alt="Héi nghÞ"></p>'
    )
    assert detect_html(text) == TCVN3
    converted = convert_html(text, TCVN3)
    assert converted == (
        "<h2>Tổ chức</h2>\n"
        '<p>Sở <strong>Khoa học</strong> và <a href="https://x.vn/?a=1&amp;b=vµ" '
        'rel="external noopener">Công nghệ</a> &lt;b&gt; R&amp;D</p>\n'
        "<ul><li>Đà Nẵng</li></ul>\n"
        '<p><img src="/tep/abcdefgh/960.webp" alt="Hội nghị"></p>'
    )
    assert sanitise(converted) == converted


def test_a_paragraph_written_since_stays_as_it_is() -> None:
    since = "<p>Đoạn này mới được viết thêm bằng Unicode, có ông, có bà.</p>"
    foreign = "<p>Un été à la façade, déjà très âgée.</p>"
    text = f"<p>{IN_TCVN3}</p>{since}{foreign}<h2>N¨m</h2>"
    assert detect_html(text) == TCVN3
    assert convert_html(text, TCVN3) == f"<p>{IN_UNICODE}</p>{since}{foreign}<h2>Năm</h2>"


def test_one_old_paragraph_among_new_ones_is_found() -> None:
    new = "<p>Hội nghị bàn về chuyển đổi số trong các đơn vị của thành phố.</p>" * 20
    assert detect_html(f"{new}<p>{IN_VNI}</p>") == VNI


@given(st.text(max_size=200))
def test_nothing_that_may_be_typed_breaks_it(text: str) -> None:
    for encoding in (TCVN3, VNI):
        convert_html(text, encoding)
        convert(text, encoding)
    detect(text)
    detect_html(text)
