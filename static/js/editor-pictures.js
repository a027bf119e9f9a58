// Pictures: a dialog that asks what they show, upload with progress, and the figure in the text.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const { element } = desk;
  const TYPES = "image/jpeg,image/png,image/webp,image/avif";
  const NOT_A_PICTURE = "Chỉ nhận ảnh JPEG, PNG, WebP hoặc AVIF.";
  const LEAD_LABEL_LENGTH = 60;

  const field = (id, label, hint, properties, optional) => {
    const input = element("input", { id, className: "input", autocomplete: "off", ...properties });
    if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
    const name = element("label", { className: "label", for: id, textContent: label });
    if (optional) name.append(" ", element("span", { className: "optional", textContent: "(không bắt buộc)" }));
    const box = element("div", { className: "field" }, name);
    if (hint) box.append(element("span", { className: "hint", id: `${id}-hint`, textContent: hint }));
    box.append(input);
    return { box, input };
  };

  desk.createPictures = ({ form, saver, announce }) => {
    let editor = null;
    let waiting = []; // files that were pasted or dropped together
    let figure = null; // the one whose words are being changed; null: a new one
    let mark = null, preview = "", sending = null;
    let purpose = "text", way = "upload"; // where the picture goes: text or lead; whence: upload or library

    /* --- sending --- */
    /** Answers {figure_html, media_id …}, or {error, fields, mayRetry} with the sentence to show. */
    const upload = async (file, words, onProgress) => {
      // A text that is not stored yet is stored first, so that the picture is its own from the start.
      if (!form.dataset.publication && saver.isDirty()) await saver.settle();
      const result = await desk.sendWithSession(saver, (token) => {
        const { request, done } = window.deskUpload.send({ url: form.dataset.uploadUrl, file, fields: words, token, onProgress });
        sending = request;
        return done;
      });
      sending = null;
      const { status, answer } = result;
      if (status === 200 && answer.figure_html) return answer;
      return { error: window.deskUpload.sentence(result, file), fields: answer.fields, mayRetry: window.deskUpload.mayRetry(result) };
    };

    /* --- the picture that stands for the text in lists --- */
    const tokenOf = (address) => (/\/tep\/([\w-]+)\//.exec(address || "") || [])[1] || "";
    const known = new Map(); // token → {id, label}
    const lead = () => form.elements.lead_media_id;
    const choose = (id, label) => {
      const control = lead();
      if (!control) return;
      if (control.options && !Array.from(control.options).some((option) => option.value === String(id))) {
        control.append(new Option(label.slice(0, LEAD_LABEL_LENGTH), String(id)));
      }
      control.value = String(id);
      control.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const remember = (answer, label) => {
      known.set(tokenOf(answer.location), { id: answer.media_id, label });
      const control = lead();
      if (!control) return;
      if (!control.value) choose(answer.media_id, label);
      else if (control.options) control.append(new Option(label.slice(0, LEAD_LABEL_LENGTH), String(answer.media_id)));
    };
    const idOf = (image) => {
      const token = tokenOf(image && image.getAttribute("src"));
      if (known.has(token)) return known.get(token);
      const control = lead();
      const option = control && control.options && Array.from(control.options).find((one) => token && one.dataset.token === token);
      return option ? { id: option.value, label: option.text } : null;
    };

    /* --- the dialog --- */
    const file = field("picture-file", "Tệp ảnh", "JPEG, PNG, WebP hoặc AVIF.", { type: "file", accept: TYPES });
    const alt = field("picture-alt", "Ảnh cho thấy gì", "Cho người không nhìn thấy ảnh: ai, đang làm gì, ở đâu. Không lặp lại chú thích.", { maxLength: 300 });
    const caption = field("picture-caption", "Chú thích dưới ảnh", "", { maxLength: 500 }, true);
    const credit = field("picture-credit", "Người chụp hoặc nguồn ảnh", "", { maxLength: 200 }, true);
    const decorative = element("input", { id: "picture-decorative", type: "checkbox" });
    const decorativeBox = element("div", { className: "field choice" }, decorative, element("label", { for: "picture-decorative", textContent: "Ảnh trang trí: không mang thông tin" }));
    const fromDisk = element("button", { type: "button", className: "button button-small", textContent: "Tải từ máy" });
    const fromLibrary = element("button", { type: "button", className: "button button-small", textContent: "Chọn từ thư viện" });
    const ways = element("div", { className: "picture-ways", role: "group", "aria-label": "Lấy ảnh từ đâu" }, fromDisk, fromLibrary);
    const chooser = desk.createChooser({ kind: "anh", onChoose: (radio) => describe(radio.dataset) });
    const image = element("img", { className: "picture-preview", alt: "", hidden: true });
    const progress = element("progress", { className: "picture-progress", max: 1, value: 0, hidden: true, "aria-label": "Đang tải ảnh lên" });
    const trouble = element("p", { className: "message message-bad", role: "alert" });
    const heading = element("h2", { id: "picture-heading", className: "message-title" });
    const go = element("button", { type: "submit", className: "button button-primary" });
    const stop = element("button", { type: "button", className: "button", textContent: "Thôi" });
    const inner = element("form", { method: "dialog", noValidate: true }, heading, ways, trouble, file.box, chooser.box, image, alt.box, decorativeBox, caption.box, credit.box, progress,
      element("div", { className: "cluster form-actions" }, go, stop));
    const dialog = element("dialog", { className: "picture-dialog", "aria-labelledby": "picture-heading" }, inner);
    document.body.append(dialog);

    const say = (sentence, input) => {
      trouble.textContent = sentence;
      for (const one of [file.input, alt.input, chooser.search]) one.removeAttribute("aria-invalid");
      if (input) { input.setAttribute("aria-invalid", "true"); input.focus(); }
    };
    const showPreview = (source) => {
      if (preview) URL.revokeObjectURL(preview);
      preview = source instanceof Blob ? URL.createObjectURL(source) : "";
      image.hidden = !source;
      if (source) image.src = preview || source; else image.removeAttribute("src");
    };
    const chosen = () => waiting[0] || file.input.files[0] || null;
    const goWords = () => {
      if (figure) return "Dùng chữ này";
      if (purpose === "lead") return way === "library" ? "Dùng làm ảnh đại diện" : "Tải lên làm ảnh đại diện";
      return way === "library" ? "Chèn ảnh" : "Tải lên và chèn";
    };
    /** What the library says of a picture; it may be said otherwise in this text. */
    const describe = (said) => {
      say("");
      alt.input.value = said.alt;
      caption.input.value = said.caption;
      credit.input.value = said.credit;
      decorative.checked = Boolean(said.decorative);
    };
    const show = (chosenWay) => {
      way = chosenWay;
      say("");
      const isLibrary = way === "library";
      ways.hidden = Boolean(figure) || waiting.length > 0;
      fromDisk.setAttribute("aria-pressed", String(!isLibrary));
      fromLibrary.setAttribute("aria-pressed", String(isLibrary));
      file.box.hidden = Boolean(figure) || waiting.length > 0 || isLibrary;
      // A lead from the library is shown as it is described there.
      for (const box of [alt.box, caption.box]) box.hidden = isLibrary && purpose === "lead";
      credit.box.hidden = Boolean(figure) || (isLibrary && purpose === "lead");
      decorativeBox.hidden = Boolean(figure) || isLibrary;
      if (isLibrary) { showPreview(null); chooser.open(); } else chooser.close();
      go.textContent = goWords();
    };
    const open = (target, goesTo) => {
      figure = target;
      purpose = goesTo || "text";
      mark = editor && purpose === "text" ? editor.selection.getBookmark(2, true) : null;
      const old = figure && figure.querySelector("img");
      const oldCaption = figure && figure.querySelector("figcaption");
      heading.textContent = figure ? "Sửa chữ của ảnh" : purpose === "lead" ? "Chọn ảnh đại diện" : "Chèn ảnh";
      file.input.value = "";
      alt.input.value = old ? old.getAttribute("alt") || "" : "";
      decorative.checked = false;
      alt.input.disabled = false;
      caption.input.value = oldCaption ? oldCaption.textContent.trim() : "";
      if (!figure) credit.input.value = "";
      progress.hidden = true;
      if (!dialog.open) dialog.showModal();
      show(purpose === "lead" ? "library" : "upload");
      if (way === "upload") {
        showPreview(old ? old.getAttribute("src") : chosen());
        (file.box.hidden ? alt.input : file.input).focus();
      }
    };
    const finish = () => {
      showPreview(null);
      if (waiting.length > 1) { waiting.shift(); open(null); return; }
      waiting = [];
      dialog.close();
    };

    const insert = (html) => {
      editor.focus();
      if (mark) editor.selection.moveToBookmark(mark);
      editor.undoManager.transact(() => {
        editor.insertContent(html);
        const last = editor.getBody().lastElementChild;
        // A place to go on writing after the picture.
        if (last && last.nodeName === "FIGURE") editor.dom.add(editor.getBody(), "p", {}, '<br data-mce-bogus="1">');
      });
      editor.nodeChanged();
    };
    const changeWords = () => {
      editor.undoManager.transact(() => {
        editor.dom.setAttrib(figure.querySelector("img"), "alt", alt.input.value.trim() || null);
        const words = caption.input.value.trim();
        let place = figure.querySelector("figcaption");
        if (!words && place) place.remove();
        if (words && !place) { place = editor.dom.create("figcaption", { contenteditable: "true" }); figure.append(place); }
        if (words && place.textContent.trim() !== words) place.textContent = words;
      });
      editor.nodeChanged();
      saver.changed();
    };

    const words = () => ({ alt: decorative.checked ? "" : alt.input.value.trim(), caption: caption.input.value.trim(), credit: credit.input.value.trim() });
    const takeFromLibrary = async () => {
      const radio = chooser.chosen();
      if (!radio) return say("Hãy chọn một ảnh trong danh sách.", chooser.search);
      const label = radio.dataset.caption || radio.dataset.alt || radio.dataset.name;
      if (purpose === "lead") {
        known.set(radio.dataset.token, { id: radio.value, label });
        choose(radio.value, label);
        saver.changed();
        announce("Đã chọn ảnh đại diện.");
        return dialog.close();
      }
      const said = words();
      if (!said.alt && !radio.dataset.decorative) return say("Hãy viết một câu cho biết ảnh cho thấy gì.", alt.input);
      let answer = null;
      try {
        const response = await fetch(`/ban-lam-viec/thu-vien/${radio.value}/hinh?${new URLSearchParams(said)}`, { headers: { Accept: "application/json" }, cache: "no-store" });
        answer = await response.json();
        if (response.status === 401) saver.loseSession(answer.login_url);
      } catch (error) { /* told below */ }
      if (!dialog.open) return undefined;
      if (!answer || !answer.figure_html) return say((answer && answer.error) || "Mất kết nối nên chưa chèn được ảnh. Những gì đã gõ vẫn còn; hãy bấm “Chèn ảnh” lần nữa.");
      return place(answer, said);
    };
    const place = (answer, said) => {
      if (purpose === "lead") { known.set(tokenOf(answer.location), { id: answer.media_id, label: said.caption || said.alt }); choose(answer.media_id, said.caption || said.alt || "Ảnh"); announce("Đã chọn ảnh đại diện."); }
      else { insert(answer.figure_html); remember(answer, said.caption || said.alt || "Ảnh"); announce("Đã chèn ảnh."); }
      saver.changed();
      finish();
    };
    inner.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (sending || go.disabled) return;
      if (!figure && way === "library") { go.disabled = true; await takeFromLibrary(); go.disabled = false; return; }
      const picture = chosen();
      if (!figure && !picture) return say("Hãy chọn một tệp ảnh.", file.input);
      if (!figure && picture.type && !TYPES.includes(picture.type)) return say(NOT_A_PICTURE, file.box.hidden ? null : file.input);
      // What was put into the text as decoration stays one.
      const wasUnnamed = figure && !figure.querySelector("img").getAttribute("alt");
      if (!alt.input.value.trim() && !decorative.checked && !wasUnnamed) return say("Hãy viết một câu cho biết ảnh cho thấy gì, hoặc đánh dấu “Ảnh trang trí”.", alt.input);
      if (figure) { changeWords(); finish(); return; }
      say("");
      go.disabled = true;
      progress.hidden = false;
      progress.value = 0;
      const said = words();
      const answer = await upload(picture, { ...said, ...(decorative.checked ? { decorative: "1" } : {}) }, (part) => { progress.value = part; });
      go.disabled = false;
      progress.hidden = true;
      if (!dialog.open) return; // given up meanwhile
      if (answer.error) {
        const wrong = { file: file.box.hidden ? null : file.input, alt: alt.input, caption: caption.input, credit: credit.input };
        const first = Object.keys(answer.fields || {}).find((name) => wrong[name]);
        say(answer.error, first && wrong[first]);
        // The file is still chosen and the words are still there.
        go.textContent = answer.mayRetry ? "Thử lại" : goWords();
        return;
      }
      place(answer, said);
    });
    fromDisk.addEventListener("click", () => { show("upload"); file.input.focus(); });
    fromLibrary.addEventListener("click", () => show("library"));
    decorative.addEventListener("change", () => { say(""); alt.input.disabled = decorative.checked; });
    stop.addEventListener("click", () => { if (sending) sending.abort(); waiting = []; showPreview(null); dialog.close(); });
    dialog.addEventListener("cancel", () => { if (sending) sending.abort(); waiting = []; });
    dialog.addEventListener("close", () => {
      chooser.close();
      if (purpose === "lead") leadButton.focus(); else if (editor) editor.focus();
    });
    file.input.addEventListener("change", () => { showPreview(chosen()); say(""); go.textContent = goWords(); });

    const leadButton = element("button", { type: "button", className: "button button-small lead-button", textContent: "Chọn từ thư viện", "aria-label": "Chọn ảnh đại diện từ thư viện" });
    leadButton.addEventListener("click", () => { waiting = []; open(null, "lead"); });
    if (lead() && lead().options) lead().after(leadButton);

    /* --- pictures that come inside a pasted text: one after another, each in its place --- */
    let queue = Promise.resolve();
    let number = 0;
    const takeData = (address, words) => {
      number += 1;
      const place = `[ảnh ${number} đang tải lên]`;
      queue = queue.then(async () => {
        const picture = await fetchData(address);
        const answer = picture ? await upload(picture, { alt: words, caption: "", credit: "" }, () => {}) : { error: NOT_A_PICTURE };
        editor.undoManager.ignore(() => putInPlace(place, answer.error ? "" : answer.figure_html));
        if (answer.error) editor.notificationManager.open({ type: "error", text: `Ảnh ${number}: ${answer.error}` });
        else remember(answer, words || `Ảnh ${number}`);
        saver.changed();
      });
      return place;
    };
    // Not by fetch: the policy of the page lets it ask this site only.
    const fetchData = async (address) => {
      try {
        const [head, data] = address.split(",");
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        return new File([bytes], "anh-dan", { type: head.slice(5).split(";")[0] });
      } catch (error) {
        return null;
      }
    };
    const putInPlace = (place, html) => {
      const walker = editor.getDoc().createTreeWalker(editor.getBody(), NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode;
        const at = node.data.indexOf(place);
        if (at < 0) continue;
        if (!html) { node.replaceData(at, place.length, desk.NO_PICTURE); return; }
        const here = editor.selection.getBookmark(2, true);
        const range = editor.dom.createRng();
        range.setStart(node, at);
        range.setEnd(node, at + place.length);
        editor.selection.setRng(range);
        editor.insertContent(html);
        try { editor.selection.moveToBookmark(here); } catch (error) { /* the text around it has changed */ }
        return;
      }
    };

    const picturesOf = (transfer) => Array.from((transfer && transfer.files) || []).filter((one) => one.type.startsWith("image/"));
    const onTransfer = (event) => {
      const transfer = event.clipboardData || event.dataTransfer;
      const files = picturesOf(transfer);
      if (!files.length) return;
      const html = transfer.getData("text/html");
      // Office programs add a picture of the copied text: the text itself is wanted.
      if (html && (desk.plain(html) || /<table/i.test(html))) return;
      event.preventDefault();
      waiting = files;
      open(null);
    };

    /* --- in the editing frame --- */
    const register = (one) => {
      editor = one;
      const selected = () => editor.selection.getNode().closest("figure");
      editor.on("paste drop", onTransfer);
      editor.on("PreInit", () => {
        // A picture with its caption is one thing; only the caption's words are typed in.
        editor.parser.addNodeFilter("figure", (nodes) => nodes.forEach((node) => {
          node.attr("contenteditable", "false");
          node.getAll("figcaption").forEach((words) => words.attr("contenteditable", "true"));
        }));
        editor.serializer.addNodeFilter("figure,figcaption", (nodes) => nodes.forEach((node) => node.attr("contenteditable", null)));
      });
      editor.ui.registry.addButton("picture", { icon: "image", tooltip: "Chèn ảnh", onAction: () => { waiting = []; open(null); } });
      editor.ui.registry.addButton("picturewords", { text: "Sửa chữ", onAction: () => { const at = selected(); if (at) open(at); } });
      editor.ui.registry.addButton("picturelead", {
        text: "Dùng làm ảnh đại diện",
        onSetup: (api) => { const at = selected(); api.setEnabled(Boolean(at && lead() && idOf(at.querySelector("img")))); return () => {}; },
        onAction: () => {
          const at = selected();
          const found = at && idOf(at.querySelector("img"));
          if (found) { choose(found.id, found.label); announce("Đã chọn làm ảnh đại diện."); saver.changed(); }
        }
      });
      editor.ui.registry.addButton("pictureremove", {
        text: "Xoá ảnh",
        onAction: () => { const at = selected(); if (at) { editor.undoManager.transact(() => at.remove()); editor.nodeChanged(); saver.changed(); editor.focus(); } }
      });
      editor.ui.registry.addContextToolbar("picture", {
        predicate: (node) => node.nodeName === "FIGURE" && Boolean(node.querySelector("img")),
        items: "picturewords picturelead pictureremove",
        position: "node",
        scope: "node"
      });
    };
    return { register, takeData };
  };
})();
