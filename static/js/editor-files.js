// Attached files: sent with progress, named, put in order; the text's hidden field holds the list.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const { element } = desk;
  const TYPES = ".pdf,.docx,.xlsx,.pptx,.odt,.ods,.odp,.doc,.xls,.ppt";

  desk.createFiles = ({ form, saver, announce }) => {
    const place = document.getElementById("attachments-field");
    const field = form.elements.files;
    if (!place || !field) return { redraw: () => {} };
    const list = document.getElementById("attached");
    const sending = element("ul", { className: "sending", "aria-label": "Tệp đang tải lên" });

    const read = () => { try { return field.value ? JSON.parse(field.value) : []; } catch (error) { return []; } };
    const write = (files) => {
      field.value = files.length ? JSON.stringify(files) : "";
      saver.changed();
    };
    const button = (text, label, act, isOff) => {
      const made = element("button", { type: "button", className: "button button-small", textContent: text, disabled: Boolean(isOff), "aria-label": label });
      made.addEventListener("click", act);
      return made;
    };

    /* --- the list --- */
    const line = (file, at, files) => {
      const title = file.label || file.name;
      const id = `attached-label-${file.id}`;
      const label = element("input", { id, className: "input", value: file.label, maxLength: 300, autocomplete: "off", placeholder: file.name });
      label.addEventListener("input", () => write(read().map((one) => (one.id === file.id ? { ...one, label: label.value.trim() } : one))));
      const move = (by) => () => {
        const now = read();
        const from = now.findIndex((one) => one.id === file.id);
        const [moved] = now.splice(from, 1);
        now.splice(from + by, 0, moved);
        write(now);
        draw();
        announce(`“${title}” nay ở vị trí ${from + by + 1} trên ${now.length}.`);
        const rows = list.children[from + by].querySelectorAll("button");
        (rows[by < 0 ? 0 : 1].disabled ? rows[by < 0 ? 1 : 0] : rows[by < 0 ? 0 : 1]).focus();
      };
      const remove = () => {
        write(read().filter((one) => one.id !== file.id));
        draw();
        announce(`Đã bỏ “${title}” ra khỏi bài.`);
        choose.focus();
      };
      return element("li", {},
        element("p", {}, element("a", { href: file.address, target: "_blank", rel: "noopener", textContent: file.name }), element("span", { className: "meta", textContent: ` (${file.weight})` })),
        element("label", { className: "label", for: id, textContent: "Tên bạn đọc thấy" }), label,
        element("div", { className: "cluster" },
          button("Lên", `Đưa “${title}” lên trước`, move(-1), at === 0),
          button("Xuống", `Đưa “${title}” xuống sau`, move(1), at === files.length - 1),
          button("Bỏ ra", `Bỏ “${title}” ra`, remove)));
    };
    const draw = () => list.replaceChildren(...read().map(line));
    const add = (file) => {
      const files = read();
      if (files.some((one) => one.id === file.id)) { announce(`“${file.name}” đã có trong bài.`); return; }
      write([...files, file]);
      draw();
      announce(`Đã đính kèm “${file.name}”.`);
    };

    /* --- sending: one after another, each may be tried again --- */
    let queue = Promise.resolve();
    const sendOne = async (file) => {
      const bar = element("progress", { max: 1, value: 0, "aria-label": `Đang tải lên ${file.name}` });
      const row = element("li", {}, element("p", { textContent: file.name }), bar);
      sending.append(row);
      const fail = (told, isWorthAgain) => {
        const trouble = element("p", { className: "error", role: "alert", textContent: told });
        const again = button("Thử lại", `Tải lên lại ${file.name}`, () => { row.remove(); queue = queue.then(() => sendOne(file)); });
        const drop = button("Bỏ", `Thôi tải lên ${file.name}`, () => { row.remove(); choose.focus(); });
        bar.remove();
        row.append(trouble, element("div", { className: "cluster" }, ...(isWorthAgain ? [again] : []), drop));
      };
      const large = window.deskUpload.tooLarge(file);
      if (large) return fail(large);
      // A text that is not stored yet is stored first, so that the file is its own from the start.
      if (!form.dataset.publication && saver.isDirty()) await saver.settle();
      const result = await desk.sendWithSession(saver, (token) => window.deskUpload.send({ url: form.dataset.attachUrl, file, token, onProgress: (part) => { bar.value = part; } }).done);
      if (result.status !== 200 || !result.answer.id) return fail(window.deskUpload.sentence(result, file), window.deskUpload.mayRetry(result));
      row.remove();
      return add(result.answer);
    };
    const choose = element("input", { id: "attachment-files", type: "file", multiple: true, accept: TYPES });
    choose.addEventListener("change", () => {
      const files = Array.from(choose.files);
      choose.value = "";
      for (const file of files) queue = queue.then(() => sendOne(file));
    });

    /* --- from the library --- */
    const trouble = element("p", { className: "message message-bad", role: "alert" });
    const chooser = desk.createChooser({ kind: "tep", onChoose: () => { trouble.textContent = ""; } });
    const go = element("button", { type: "submit", className: "button button-primary", textContent: "Đính kèm" });
    const stop = element("button", { type: "button", className: "button", textContent: "Thôi" });
    const inner = element("form", { method: "dialog", noValidate: true }, element("h2", { id: "files-heading", className: "message-title", textContent: "Đính kèm từ thư viện" }), trouble, chooser.box, element("div", { className: "cluster form-actions" }, go, stop));
    const dialog = element("dialog", { className: "picture-dialog", "aria-labelledby": "files-heading" }, inner);
    document.body.append(dialog);
    inner.addEventListener("submit", (event) => {
      event.preventDefault();
      const radio = chooser.chosen();
      if (!radio) { trouble.textContent = "Hãy chọn một tệp trong danh sách."; return; }
      const { name, weight, address } = radio.dataset;
      add({ id: Number(radio.value), label: "", name, weight, address });
      dialog.close();
    });
    stop.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { chooser.close(); library.focus(); });
    const library = button("Chọn từ thư viện", "Chọn tệp từ thư viện", () => { trouble.textContent = ""; dialog.showModal(); chooser.open(); });

    place.append(sending, element("div", { className: "attachments-adding" },
      element("label", { className: "label", for: "attachment-files", textContent: "Thêm tệp từ máy" }), choose, element("p", { className: "cluster" }, library)));
    draw();
    return { redraw: draw };
  };
})();
