"""The checker that every other test relies on: it must see what is wrong, and only that."""

import pytest

from tests.support.html import InvalidHtmlError, check_html, problems_of

PAGE = (
    '<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Tên trang</title>'
    '<meta name="viewport" content="width=device-width">'
    '<meta property="og:title" content="Tên trang"></head>'
    "<body><main><h1>Tên bài</h1>{}</main></body></html>"
)

RIGHT = [
    '<img src="a" alt="b" width="3" height="4" loading="lazy" srcset="a 3w" sizes="3px">',
    '<form method="post" action="/x"><input type="hidden" name="csrf_token" value="x">'
    '<label for="a">Tên</label><input id="a" name="a" required><button>Gửi</button></form>',
    '<div hx-get="/x" hx-target="#b" data-x="1">a</div><p id="b">b</p>',
    "<dl><div><dt>a</dt> <dd>b</dd></div><div><dt>c</dt> <dd>d</dd></div></dl>",
    "<dl><dt>a</dt><dd>b</dd><dt>c</dt><dd>d</dd><dd>e</dd></dl>",
    "<ul><li>a</li> <li>b</li></ul><ol><li>a</li><li>b</li></ol>",
    '<table><caption>a</caption><thead><tr><th scope="col">b</th></tr></thead>'
    "<tbody><tr><td>c</td></tr></tbody></table>",
    '<nav aria-label="Trang"><ol><li><a href="/" aria-current="page">1</a></li></ol></nav>',
    '<svg viewBox="0 0 1 1" aria-hidden="true"><path d="M0 0h1"/></svg> sau hình',
]

WRONG = {
    "<ul><p>a</p></ul>": "ul has extra content: p",
    '<p foo="1">a</p>': "Invalid attribute foo for element p",
    "<span><div>a</div></span>": "span has extra content: div",
    '<div role="blah">a</div>': "Invalid attribute role for element div",
    '<img src="a" alt="b" width="3px" height="4">': "failed to validate content",
    "<details><p>a</p></details>": "failed to validate content",
    '<a href="/x"><button>a</button></a>': "<button> within <a>",
    "<center>a</center>": "<center> is obsolete",
    '<p align="left">a</p>': "align on <p> is obsolete",
    '<p id="a">a</p><p id="a">b</p>': "id 'a' is there 2 times",
    '<input name="a">': "input name='a' has no label",
    '<label for="b">a</label>': "label for='b' points nowhere",
    '<form method="post"><button>a</button></form>': "posts with 0 tokens",
    '<img src="a">': "img 'a' lacks alt, width, height",
    '<p style="color:red">a</p>': "has an inline style",
    '<button onclick="a()">a</button>': "has a handler: onclick",
    '<button hx-on:click="a()">a</button>': "has a handler: hx-on:click",
    '<a href="javascript:a()">a</a>': "has a handler: href",
    "<script>a()</script>": "script without src",
    '<a href="#nowhere">a</a>': "points nowhere",
    "<h1>Hai</h1>": "2 elements h1",
    "<h3>Ba</h3>": "h3 'Ba' follows h1",
    "<p>a</div>": "line 1",
}


@pytest.mark.parametrize("inside", RIGHT)
def test_a_right_page_has_no_problem(inside: str) -> None:
    assert problems_of(PAGE.format(inside)) == ()


@pytest.mark.parametrize(("inside", "problem"), WRONG.items())
def test_a_wrong_page_is_told_what_is_wrong(inside: str, problem: str) -> None:
    with pytest.raises(InvalidHtmlError) as caught:
        check_html(PAGE.format(inside), about="GET /")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "fragment",
    ["<tr><td>a</td></tr>", "<li>a</li>", '<option value="1">a</option>', "<td>a</td>", "chữ"],
)
def test_a_fragment_is_checked_where_it_may_stand(fragment: str) -> None:
    assert problems_of(fragment) == ()


def test_a_fragment_that_is_wrong_is_refused() -> None:
    assert problems_of('<p id="a">a</p><p id="a">b</p>') == ("id 'a' is there 2 times",)
