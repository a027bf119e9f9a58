// Other documents in the form of a document: what was found is added to the field as a line of its own.
(function () {
  "use strict";
  const announce = (text) => { const place = document.getElementById("announcer"); if (place) place.textContent = text; };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-adds]");
    if (!button) return;
    const field = document.getElementById(button.dataset.to);
    const lines = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (!lines.includes(button.dataset.adds)) lines.push(button.dataset.adds);
    field.value = lines.join("\n");
    field.rows = Math.max(2, lines.length + 1);
    // So that it is saved as what was typed is.
    field.dispatchEvent(new Event("input", { bubbles: true }));
    announce(`Đã thêm ${button.dataset.adds}`);
    const search = document.getElementById(`find-${button.dataset.to}`);
    search.value = "";
    button.closest(".document-choices").replaceChildren();
    search.focus();
  });

  // Enter looks for it; it must not save the form.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-finds-document]")) return;
    event.preventDefault();
    const first = document.querySelector(`#${event.target.getAttribute("aria-describedby")} [data-adds]`);
    if (first) first.click();
  });
})();
