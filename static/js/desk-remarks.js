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

  const prepareAll = () => document.querySelectorAll("[data-remarks]").forEach(prepare);
  document.addEventListener("htmx:afterSettle", prepareAll);
  prepareAll();
})();
