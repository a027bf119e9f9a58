// Choosing from the library inside a dialog: search as one types, results as radio buttons.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const { element } = desk;
  const ADDRESS = "/ban-lam-viec/thu-vien/chon";
  const AFTER_TYPING_MS = 250;

  /** Send with a fresh token, if the old one died with its session; a lost session is told in the state line. */
  desk.sendWithSession = async (saver, once) => {
    let result = await once(saver.token());
    if (result.status === 400 && (await saver.askSession()) === "same") result = await once(saver.token());
    if (result.status === 401) saver.loseSession(result.answer.login_url);
    return result;
  };

  /** `kind`: "anh" or "tep". `onChoose` gets the radio button that was chosen. */
  desk.createChooser = ({ kind, onChoose }) => {
    const id = `library-search-${kind}`;
    const search = element("input", { id, className: "input", type: "search", autocomplete: "off", maxLength: 200, placeholder: "Tên tệp, chú thích, nguồn…" });
    const results = element("div", { className: "library-results" });
    const box = element("div", { className: "field", hidden: true }, element("label", { className: "label", for: id, textContent: "Tìm trong thư viện" }), search, results);
    let timer = 0, asked = 0, shown = "";

    const show = async (address) => {
      const mine = (asked += 1);
      let page = "";
      try {
        const response = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-store" });
        if (response.ok) page = await response.text();
      } catch (error) { /* told below */ }
      if (mine !== asked) return; // somebody typed on meanwhile
      const before = results.querySelector("input:checked");
      const hadFocus = results.contains(document.activeElement);
      const found = new DOMParser().parseFromString(page, "text/html").getElementById("library-choices");
      results.replaceChildren(found ? document.adoptNode(found) : element("p", { className: "error", textContent: "Chưa tìm được vì mất kết nối hoặc phiên đăng nhập đã hết. Hãy thử lại." }));
      shown = found ? address : "";
      // An answer that comes late takes no choice away.
      const again = before && results.querySelector(`input[value="${before.value}"]`);
      if (again) again.checked = true;
      if (hadFocus) (again || search).focus();
    };
    const address = () => `${ADDRESS}?${new URLSearchParams({ loai: kind, q: search.value.trim() })}`;
    search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => show(address()), AFTER_TYPING_MS); });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); show(address()); } });
    results.addEventListener("change", (event) => { if (event.target.name === "library-choice") onChoose(event.target); });
    results.addEventListener("click", async (event) => {
      const more = event.target.closest("a[data-more]");
      if (!more) return;
      event.preventDefault();
      await show(more.getAttribute("href"));
      const first = results.querySelector("input");
      if (first) first.focus();
    });
    return {
      box, search,
      chosen: () => results.querySelector("input:checked"),
      open: () => { box.hidden = false; if (shown !== address()) show(address()); search.focus(); },
      close: () => { box.hidden = true; shown = ""; results.replaceChildren(); search.value = ""; }
    };
  };
})();
