// Says every twenty seconds which text this page has open, and shows who else has: in an opened row, on the
// page of one text, in the editor. Without it nobody is locked out of anything, and nobody is seen either.
(function () {
  "use strict";
  const EVERY_MS = 20000;
  const WRITING_MS = 60000;
  // Addresses at which this page has said that it is open.
  const open = new Set();
  let typedAt = 0;

  const places = () => Array.from(document.querySelectorAll("[data-presence]"));
  // The editor puts a fresh token into its form when somebody has logged in again.
  const token = (place) => {
    const form = document.getElementById("editor-form");
    return (form && form.elements.csrf_token.value) || place.dataset.token;
  };
  let lastToken = "";

  const say = async (place) => {
    const url = place.dataset.presence;
    lastToken = token(place);
    open.add(url);
    const body = new URLSearchParams({ csrf_token: lastToken });
    if (Date.now() - typedAt < WRITING_MS && document.getElementById("editor-form")) body.set("viet", "1");
    try {
      // Not by htmx: a session that has ended would take the page away, and what is typed in it.
      const response = await fetch(url, { method: "POST", body });
      if (!response.ok) return;
      const answer = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-presence]");
      const shown = answer && document.getElementById(answer.id);
      if (shown && shown.textContent !== answer.textContent) shown.textContent = answer.textContent;
    } catch (error) { /* away for now: the next one tells */ }
  };

  const leave = (url) => {
    open.delete(url);
    navigator.sendBeacon(url, new URLSearchParams({ csrf_token: lastToken, roi: "1" }));
  };

  const look = () => {
    if (document.hidden) return;
    const here = places();
    const urls = new Set(here.map((place) => place.dataset.presence));
    open.forEach((url) => { if (!urls.has(url)) leave(url); });
    here.forEach((place) => { if (!open.has(place.dataset.presence)) say(place); });
  };

  document.addEventListener("input", (event) => {
    if (event.target.closest("#editor-form")) typedAt = Date.now();
  });
  // The rich editor types in a frame of its own, and tells so by what is not saved yet.
  const state = document.getElementById("save-state");
  if (state) {
    new MutationObserver(() => { if (state.dataset.state === "dirty") typedAt = Date.now(); })
      .observe(state, { attributes: true, attributeFilter: ["data-state"] });
  }

  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => open.forEach(leave));
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  setInterval(() => { if (!document.hidden) { look(); places().forEach(say); } }, EVERY_MS);
  look();
})();
