// Sending a Word document: what is too large is told before it is sent, and that it is being read while it is.
(function () {
  "use strict";
  const form = document.getElementById("word-form");
  const progress = document.getElementById("word-progress");
  if (!form || !progress) return;
  const isTooLarge = () => {
    const file = form.elements.file.files[0];
    return Boolean(file) && file.size > Number(form.dataset.maxBytes);
  };
  const say = (sentence, isTrouble) => {
    progress.textContent = sentence;
    progress.classList.toggle("is-trouble", isTrouble);
  };
  form.elements.file.addEventListener("change", () => say(isTooLarge() ? progress.dataset.tooLarge : "", true));
  form.addEventListener("submit", (event) => {
    if (isTooLarge()) { event.preventDefault(); say(progress.dataset.tooLarge, true); form.elements.file.focus(); return; }
    say(progress.dataset.reading, false);
    // Not at once: a button that is off is not sent with its form.
    setTimeout(() => { form.querySelector("[type=submit]").disabled = true; });
  });
  // Back from the editor the page may stand as it was left.
  addEventListener("pageshow", () => { form.querySelector("[type=submit]").disabled = false; if (!isTooLarge()) say("", false); });
})();
