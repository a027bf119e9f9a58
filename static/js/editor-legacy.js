// Text in an old font's encoding (TCVN3, VNI): the server tells, a preview is shown, and the writer chooses.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const { element } = desk;
  const LOOK_AFTER_MS = 900;
  const LOOK_URL = "/ban-lam-viec/bang-ma";
  // Letters that Vietnamese in Unicode does not have, and that both old encodings are full of.
  const TELLING = /[\u00a1-\u00bf\u00c4-\u00c7\u00cb\u00ce-\u00d1\u00d6-\u00d8\u00db\u00dc\u00de-\u00df\u00e4-\u00e7\u00eb\u00ee-\u00f1\u00f6-\u00f8\u00fb\u00fc\u00fe-\u00ff]/g;
  const FEWEST = 2;

  desk.createLegacy = ({ form, saver, write, focus, announce }) => {
    const place = document.getElementById("legacy");
    const link = document.getElementById("word-link");
    let timer = 0, number = 0, left = "", shown = "";

    // Once the text has got its number, a Word document may be put at its end.
    if (link) {
      new MutationObserver(() => { link.href = `/ban-lam-viec/bai-viet/${form.dataset.publication}/tu-tep-word`; })
        .observe(form, { attributes: true, attributeFilter: ["data-publication"] });
    }

    const key = () => `giu-bang-ma:${form.dataset.publication}`;
    const isLeft = () => {
      try { return left === "all" || (Boolean(form.dataset.publication) && localStorage.getItem(key()) === "1"); } catch (error) { return left === "all"; }
    };
    const leave = () => {
      left = "all";
      const keep = () => { try { if (form.dataset.publication) localStorage.setItem(key(), "1"); } catch (error) { /* for this page alone, then */ } };
      keep();
      new MutationObserver(keep).observe(form, { attributes: true, attributeFilter: ["data-publication"] });
      hide();
      announce("Bài được để nguyên.");
      focus();
    };
    const hide = () => { place.replaceChildren(); shown = ""; };

    const ask = async (fields) => {
      const body = new URLSearchParams({ title: fields.title, summary: fields.summary, body: fields.body, csrf_token: saver.token() });
      const response = await fetch(LOOK_URL, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": saver.token() }, body });
      return response.ok ? response.json() : { found: false };
    };
    const button = (text, act, className) => {
      const made = element("button", { type: "button", className, textContent: text });
      made.addEventListener("click", act);
      return made;
    };
    const convert = async () => {
      // What has been typed since the preview is converted with the rest.
      const fields = saver.read();
      const answer = await ask(fields).catch(() => ({ found: false, failed: true }));
      if (answer.failed) { announce("Chưa chuyển được vì mất kết nối. Hãy thử lại."); return; }
      if (answer.found) { write({ ...saver.read(), ...answer.fields }); saver.changed(); announce("Đã chuyển sang Unicode."); }
      hide();
      focus();
    };
    const show = (answer) => {
      place.innerHTML = answer.html;
      place.append(element("div", { className: "form-actions" },
        button("Chuyển sang Unicode", convert, "button button-primary"), button("Để nguyên", leave, "button")));
      const heading = document.getElementById("legacy-heading");
      if (heading) announce(heading.textContent);
    };

    const look = async () => {
      const fields = saver.read();
      const words = `${fields.title}\n${fields.summary}\n${fields.body}`;
      if (isLeft() || (words.match(TELLING) || []).length < FEWEST) { hide(); return; }
      if (words === shown) return;
      const mine = ++number;
      const answer = await ask(fields).catch(() => null);
      // Only the latest question's answer counts; without one, the next change asks again.
      if (!answer || mine !== number || isLeft()) return;
      shown = words;
      if (answer.found) show(answer); else place.replaceChildren();
    };
    return {
      /** Something has changed, or come in: look, once it is quiet. */
      look: () => { clearTimeout(timer); timer = setTimeout(look, LOOK_AFTER_MS); }
    };
  };
})();
