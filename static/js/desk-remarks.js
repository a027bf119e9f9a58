// A button beside each paragraph brings the form for remarks there. Without it the form stands under the
// text, and the paragraph is chosen from a list.
(function () {
  "use strict";

  const prepare = (text) => {
    if (text.dataset.prepared) return;
    text.dataset.prepared = "1";
    text.querySelectorAll(":scope > .para[data-block]").forEach((block) => {
      const number = Number(block.dataset.block) + 1;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-small para-remark";
      const sign = document.createElement("span");
      sign.setAttribute("aria-hidden", "true");
      sign.textContent = "+";
      const word = document.createElement("span");
      word.className = "para-remark-word";
      word.textContent = text.dataset.label;
      const which = document.createElement("span");
      which.className = "visually-hidden";
      which.textContent = ` đoạn ${number}`;
      button.title = `${text.dataset.label} đoạn ${number}`;
      button.append(sign, word, which);
      block.append(button);
    });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".para-remark");
    if (!button) return;
    const block = button.closest("[data-block]");
    const ask = document.getElementById(block.closest("[data-remarks]").dataset.remarks);
    if (!ask) return;
    const select = ask.querySelector("select");
    // Beyond the first hundreds of blocks there is nothing to choose.
    if (!Array.from(select.options).some((option) => option.value === block.dataset.block)) return;
    block.after(ask);
    select.value = block.dataset.block;
    ask.open = true;
    const area = ask.querySelector("textarea");
    area.focus({ preventScroll: true });
    // Not under the bar of actions, which stays at the lower edge.
    area.scrollIntoView({ block: "center" });
  });

  // The text is drawn anew with each remark: the keyboard's place is then at the paragraph it was about.
  let about = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const from = event.target;
    const chosen = from.querySelector && from.querySelector(".remark-new select, select[name=block]");
    let beside = from.closest && from.closest(".remark");
    while (beside && !beside.matches(".para")) beside = beside.previousElementSibling;
    about = chosen ? chosen.value : beside ? beside.dataset.block || "" : "";
  });
  const focus = (element) => {
    if (!element) return;
    if (!element.matches("button, summary, textarea")) element.tabIndex = -1;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    const drawn = event.detail.elt;
    if (!drawn || !drawn.matches) return;
    if (drawn.id === "editor-remarks") focus(drawn.querySelector("button") || drawn);
    if (!drawn.matches(".opened-text")) return;
    const wrong = drawn.querySelector(".remark-new[open] textarea");
    let place = drawn.querySelector(`.para[data-block="${CSS.escape(about)}"]`);
    while (place && place.nextElementSibling && place.nextElementSibling.matches(".remark")) place = place.nextElementSibling;
    focus(wrong || place || drawn);
  });

  const prepareAll = () => document.querySelectorAll("[data-remarks]").forEach(prepare);
  document.addEventListener("htmx:afterSettle", prepareAll);
  prepareAll();
})();
