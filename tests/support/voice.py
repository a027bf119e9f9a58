"""Sending a reader's form with its proof: a script's work, or the answer of a person."""

import hashlib
from collections.abc import Mapping
from typing import Any

import lxml.html
from werkzeug.test import TestResponse

from services import settings
from services.voice.robots import DEFAULT_QUESTIONS
from tests.support.client import CheckedClient


def make_cheap() -> None:
    """Make the proof quick and the form good at once, by the settings that the site has for it."""
    settings.put(key="voice_work_bits", value=4)
    settings.put(key="voice_min_seconds", value=0)


def work_for(*, nonce: str, bits: int) -> str:
    """What static/js/voice.js finds."""
    number = 0
    while True:
        digest = hashlib.sha256(f"{nonce}:{number}".encode()).digest()
        if bin(int.from_bytes(digest, "big"))[2:].zfill(256).startswith("0" * bits):
            return str(number)
        number += 1


def answer_for(label: str) -> str:
    """What a person answers to the question of a form."""
    for line in DEFAULT_QUESTIONS.splitlines():
        question, _, answers = line.rpartition("=")
        if question.strip() in label:
            return answers.split("|")[0].strip()
    raise LookupError(label)


def fields_of(page: str, *, scripts: bool = True, form: str = "voice-form") -> dict[str, str]:
    """The fields of a form as they come, with the proof."""
    document = lxml.html.document_fromstring(page)
    chosen = document.get_element_by_id(form)
    values = {name: str(value) for name, value in chosen.form_values()}
    if scripts:
        work = chosen.xpath(".//input[@data-nonce]")[0]
        nonce, bits = work.get("data-nonce"), int(work.get("data-bits"))
        values["work"] = work_for(nonce=nonce, bits=bits)
    else:
        label = chosen.xpath(".//label[@for='robot']")[0].text_content()
        values["robot"] = answer_for(label)
    return values


def send(
    client: CheckedClient, address: str, fields: Mapping[str, Any], *, scripts: bool = True
) -> TestResponse:
    """Open a form, fill it in and send it."""
    page = client.get(address)
    assert page.status_code == 200, page.status
    values = fields_of(page.get_data(as_text=True), scripts=scripts)
    return client.post(address, data={**values, **fields})


def code_in(response: TestResponse) -> str:
    """The tracking code that the page shows."""
    document = lxml.html.document_fromstring(response.get_data(as_text=True))
    return document.get_element_by_id("tracking-code").text_content().strip()
