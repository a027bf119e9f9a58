"""What an answer says of a link, and the manners of asking."""

import pytest

from services.link_checking import HOST_PAUSE_S, Manners, Outcome, agent_of, outcome_of
from services.outside_web import Answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200), Outcome.WORKS),
        (Answer(206), Outcome.WORKS),
        (Answer(304), Outcome.WORKS),
        (Answer(404), Outcome.GONE),
        (Answer(410), Outcome.GONE),
        (Answer(403), Outcome.UNKNOWN),
        (Answer(429), Outcome.UNKNOWN),
        (Answer(0, "mạng nội bộ", is_refused=True), Outcome.UNKNOWN),
        (Answer(500), Outcome.FAULT),
        (Answer(503), Outcome.FAULT),
        (Answer(0, "không trả lời"), Outcome.SILENT),
        (Answer(400), Outcome.SILENT),
    ],
)
def test_each_answer_is_judged(answer: Answer, outcome: Outcome) -> None:
    assert outcome_of(answer) is outcome


def test_some_seconds_pass_between_two_requests_to_one_host() -> None:
    slept: list[float] = []
    clock = iter((10.0, 10.5, 11.0, 13.0, 20.0, 20.0))
    manners = Manners(slept.append, clock=lambda: next(clock))

    for host in ("mot.vn", "hai.vn", "mot.vn", "hai.vn"):
        manners.wait(host)

    # The third came a second after the first; the last long after the second.
    assert slept == [HOST_PAUSE_S - 1.0]


def test_the_site_says_who_asks() -> None:
    assert agent_of("https://so.example.vn") == (
        "Mozilla/5.0 (compatible; LinkCheck/1.0; +https://so.example.vn/)"
    )
