// The administration: copies a link that is shown once, and keeps the place in a list whose
// rows were moved by their buttons.
(() => {
  "use strict";
  const announcer = () => document.getElementById("announcer");

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      announcer().textContent = button.dataset.done;
      button.textContent = button.dataset.done;
    } catch {
      // Not allowed here (no https, an old browser): it is selected, to be copied by hand.
      field.focus();
    }
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-select]")) event.target.select();
  });

  // htmx looks for the focused element by its id; at the end of the list that button is gone.
  let pressed = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest(".order");
    pressed = form ? (document.activeElement?.id ?? "") : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!pressed) return;
    const other = pressed.endsWith("-up") ? pressed.replace(/-up$/, "-down") : pressed.replace(/-down$/, "-up");
    (document.getElementById(pressed) ?? document.getElementById(other))?.focus();
    pressed = "";
  });
})();
