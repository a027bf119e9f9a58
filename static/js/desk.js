// The desk's keyboard: J and K go through the rows, Enter opens, each button shows its own key.
// Everything works without this file, by links and forms.
(function () {
  "use strict";
  var OFF = "phim-tat.tat";

  function keysAreOff() {
    try { return localStorage.getItem(OFF) === "1"; } catch (error) { return false; }
  }

  // WCAG 2.1.4: whoever dictates to the computer must be able to switch single keys off.
  function showToggle() {
    document.querySelectorAll("[data-toggle-keys]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(!keysAreOff()));
      button.textContent = keysAreOff() ? button.dataset.off : button.dataset.on;
    });
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-open-keys]")) openKeys();
    if (!event.target.closest("[data-toggle-keys]")) return;
    try { if (keysAreOff()) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1"); } catch (error) { return; }
    showToggle();
  });

  function isTyping(element) {
    return Boolean(element.closest("input, textarea, select, [contenteditable], iframe, dialog"));
  }

  function rows() { return Array.from(document.querySelectorAll("[data-row]")); }

  function current() {
    return document.activeElement.closest("[data-row]") || document.querySelector("[data-row].is-current");
  }

  function goTo(row) {
    if (!row) return;
    rows().forEach(function (other) { other.classList.toggle("is-current", other === row); });
    var link = row.querySelector("[data-row-link]");
    if (!link) return;
    link.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    var all = rows();
    var at = all.indexOf(current());
    goTo(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
  }

  function press(key) {
    var place = current() || document.querySelector(".row-alone");
    var button = place && place.querySelector('[data-key="' + CSS.escape(key) + '"]');
    if (!button) return false;
    // What is put behind “Việc khác” is not done by one slip of a finger: its key goes there.
    var more = button.closest("details.more");
    if (more) more.open = true;
    if (button.localName === "summary") {
      button.parentElement.open = true;
      var field = button.parentElement.querySelector("textarea, input:not([type=hidden])");
      if (field) field.focus();
    } else if (more) button.focus();
    else button.click();
    return true;
  }

  function openKeys() {
    var panel = document.getElementById("keys");
    if (panel && !panel.open) panel.showModal();
    return Boolean(panel);
  }

  // Escape takes back one thing at a time: a question, “Việc khác”, the opened row.
  function putAway(event) {
    var asked = event.target.closest("details.ask[open], details.more[open]");
    var row = current();
    var link = row && row.matches(".row-opened") && row.querySelector("[data-row-link]");
    if (asked) {
      asked.open = false;
      asked.querySelector("summary").focus();
    } else if (link) link.click();
    else return;
    event.preventDefault();
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keysAreOff()) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape" && event.target.closest(".ask")) {
        var ask = event.target.closest(".ask");
        ask.open = false;
        ask.querySelector("summary").focus();
      }
      return;
    }
    if (event.key === "Escape") { putAway(event); return; }
    var key = event.key.toLowerCase();
    if (key === "j") step(1);
    else if (key === "k") step(-1);
    else if (key === "?") { if (!openKeys()) return; }
    else if (key.length !== 1 || !press(key)) return;
    event.preventDefault();
  });

  // A row that was swapped takes the keyboard's place with it.
  var hadFocus = false;
  document.addEventListener("htmx:beforeSwap", function (event) {
    var row = event.detail.target && event.detail.target.closest("[data-row]");
    hadFocus = Boolean(row && (row.contains(document.activeElement) || document.activeElement === document.body));
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    var row = event.detail.elt && event.detail.elt.closest && event.detail.elt.closest("[data-row]");
    if (!row || !hadFocus || row.contains(document.activeElement)) return;
    var wrong = row.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus(); else goTo(row);
  });

  showToggle();
})();
