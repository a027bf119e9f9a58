// The proof that a form was not sent by the thousand: numbers are tried while one types, until the
// digest of the ticket's number with one of them begins with enough zero bits. Without Web Crypto
// (no scripts, plain http) the question that people answer stays instead.
(function () {
  "use strict";
  var BATCH = 128;

  function zeroBits(digest) {
    var bytes = new Uint8Array(digest);
    var zeros = 0;
    for (var at = 0; at < bytes.length; at += 1) {
      if (bytes[at]) return zeros + Math.clz32(bytes[at]) - 24;
      zeros += 8;
    }
    return zeros;
  }

  async function find(nonce, bits) {
    var encoder = new TextEncoder();
    for (var from = 0; ; from += BATCH) {
      var tried = [];
      for (var number = from; number < from + BATCH; number += 1) {
        tried.push(crypto.subtle.digest("SHA-256", encoder.encode(nonce + ":" + number)));
      }
      var digests = await Promise.all(tried);
      for (var index = 0; index < BATCH; index += 1) {
        if (zeroBits(digests[index]) >= bits) return String(from + index);
      }
    }
  }

  document.querySelectorAll("[data-work]").forEach(function (field) {
    var form = field.form;
    var question = form.querySelector("[data-robot]");
    var status = form.querySelector("[data-working]");
    var waiting = false;
    if (field.value) { question.hidden = true; return; }
    if (!window.crypto || !crypto.subtle) { question.classList.add("is-needed"); return; }
    question.hidden = true;
    find(field.dataset.nonce, Number(field.dataset.bits)).then(function (work) {
      field.value = work;
      status.textContent = "";
      if (waiting) form.requestSubmit();
    }, function () {
      // It cannot be computed here after all.
      question.hidden = false;
      question.classList.add("is-needed");
      waiting = false;
      status.textContent = "";
    });
    form.addEventListener("submit", function (event) {
      if (field.value || !question.hidden) return;
      event.preventDefault();
      waiting = true;
      status.textContent = status.dataset.working;
    });
  });
})();
