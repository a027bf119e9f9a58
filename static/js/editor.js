// The page on which a text is written: starts the rich editor, and ties together what saves, keeps and asks.
// Without this file, or without HugeRTE, the page is a form with a plain text area, and works.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const form = document.getElementById("editor-form");
  if (!form || !desk.createSaver) return;
  const root = document.documentElement;
  const textarea = document.getElementById("body");
  const state = document.getElementById("save-state");
  const data = form.dataset;
  let editor = null;

  const announce = (text) => { const place = document.getElementById("announcer"); if (place) place.textContent = text; };
  const readBody = () => (editor && editor.initialized ? editor.getContent() : textarea.value);
  const writeBody = (html) => {
    if (editor && editor.initialized) editor.undoManager.transact(() => editor.setContent(html));
    else textarea.value = html;
  };

  // Nothing but the template's blanks: for the style sheet it is empty only without them.
  for (const section of [document.getElementById("conflict"), document.getElementById("recovery")]) {
    if (!section.firstElementChild) section.replaceChildren();
  }
  // A reload may restore an older value than the one that came.
  form.elements.seen.value = data.seen || "";
  // What the server sent, judged before anything here touches it.
  const sentFields = desk.readFields(form, textarea.value);
  const isKnown = !desk.isRestored(form) && !form.querySelector("[aria-invalid=true], .message-bad") && !document.querySelector("#conflict > *");

  const store = desk.createStore({ form, read: () => desk.readFields(form, readBody()) });
  const choosing = desk.createChoosing({
    form, store, announce,
    conflict: document.getElementById("conflict"),
    recovery: document.getElementById("recovery"),
    write: (fields) => { desk.writeFields(form, fields, writeBody); files.redraw(); countAll(); },
    focus: () => { if (editor && editor.initialized) editor.focus(); else textarea.focus(); }
  });
  const saver = desk.createSaver({ form, state, readBody, store, onConflict: choosing.decide });
  choosing.use(saver);
  const pictures = desk.createPictures({ form, saver, announce });
  const files = desk.createFiles({ form, saver, announce });
  const legacy = desk.createLegacy({
    form, saver, announce,
    write: (fields) => { desk.writeFields(form, fields, writeBody); countAll(); },
    focus: () => { if (editor && editor.initialized) editor.focus(); else textarea.focus(); }
  });

  /* --- how long title and summary are --- */
  const count = (control) => {
    const place = document.getElementById(`counter-${control.name}`);
    const limit = Number(control.dataset.limit);
    if (!place || !limit) return;
    const length = control.value.trim().length;
    place.textContent = `${length}/${limit}`;
    place.classList.toggle("counter-over", length > limit);
  };
  const countAll = () => form.querySelectorAll("[data-limit]").forEach(count);

  /* --- colours: the frame and the toolbar follow the page --- */
  const isDark = () => {
    const chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const skin = () => (isDark() ? "oxide-dark" : "oxide");
  const followColours = () => {
    if (!editor || !editor.getDoc()) return;
    const inside = editor.getDoc().documentElement;
    for (const name of ["data-theme", "data-contrast", "data-text"]) {
      if (root.hasAttribute(name)) inside.setAttribute(name, root.getAttribute(name)); else inside.removeAttribute(name);
    }
    inside.lang = "vi";
    inside.classList.add("js");
    for (const page of [document, editor.getDoc()]) {
      page.querySelectorAll('link[href*="/skins/ui/"]').forEach((link) => {
        const wanted = link.href.replace(/\/skins\/ui\/[^/]+\//, `/skins/ui/${skin()}/`);
        if (link.href !== wanted) link.href = wanted;
      });
    }
  };

  /* --- the editor --- */
  const ALIGNED = "p,h2,h3,h4,td,th,figure";
  const aligned = (name) => ({ selector: ALIGNED, classes: `align-${name}` });

  const options = () => ({
    target: textarea,
    base_url: data.editorBase,
    suffix: ".min",
    language: "vi",
    skin: skin(),
    content_css: data.contentCss,
    body_class: "prose",
    plugins: "lists link table autolink autoresize",
    toolbar:
      "undo redo | blocks | bold italic | bullist numlist | link tablegrid picture | alignleft aligncenter alignright alignjustify | blockquote removeformat",
    toolbar_mode: "wrap",
    menubar: false,
    statusbar: false,
    branding: false,
    promotion: false,
    contextmenu: false,
    browser_spellcheck: true,
    text_patterns: false,
    custom_undo_redo_levels: 200,
    min_height: 24 * parseFloat(getComputedStyle(root).fontSize),
    autoresize_bottom_margin: 32,
    autoresize_overflow_padding: 16,
    iframe_aria_text: "Nội dung bài viết. Bấm Alt và F10 để đến thanh công cụ.",
    // Letters stay letters: nothing becomes an entity, nothing is lost that the server would keep.
    entity_encoding: "raw",
    element_format: "html",
    indent: false,
    convert_urls: true,
    relative_urls: false,
    remove_script_host: true,
    block_formats: "Đoạn văn=p;Tiêu đề mục=h2;Tiêu đề nhỏ=h3;Tiêu đề nhỏ hơn=h4",
    formats: {
      alignleft: aligned("left"), aligncenter: aligned("center"), alignright: aligned("right"), alignjustify: aligned("justify"),
      underline: { inline: "u" }, strikethrough: { inline: "s" }
    },
    // As services/markup: what would not be stored cannot be made here.
    valid_elements:
      "p[class],h2[class],h3[class],h4[class],strong/b,em/i,u,s/strike/del,sub,sup,code,ul,ol[start],li,blockquote,pre,hr,br," +
      "a[href|title|rel],table,caption,thead,tbody,tfoot,tr,td[class|colspan|rowspan],th[class|colspan|rowspan|scope]," +
      "figure[class],figcaption,img[src|srcset|sizes|width|height|alt|loading|decoding]",
    valid_classes: { "*": "align-left align-center align-right align-justify" },
    valid_styles: { "*": "" },
    object_resizing: false,
    paste_data_images: false,
    paste_remove_styles_if_webkit: false,
    paste_webkit_styles: "all",
    smart_paste: false,
    link_title: false,
    link_target_list: false,
    link_default_protocol: "https",
    link_assume_external_targets: "https",
    link_context_toolbar: true,
    table_default_attributes: {},
    table_default_styles: {},
    table_use_colgroups: false,
    table_sizing_mode: "responsive",
    table_resize_bars: false,
    table_column_resizing: "preservetable",
    table_header_type: "sectionCells",
    table_appearance_options: false,
    table_advtab: false,
    table_cell_advtab: false,
    table_row_advtab: false,
    table_toolbar:
      "tableinsertrowbefore tableinsertrowafter tabledeleterow | tableinsertcolbefore tableinsertcolafter tabledeletecol | " +
      "tablerowheader tablemergecells tablesplitcells tablecaption | tabledelete",
    visual: false,
    setup: (one) => {
      editor = one;
      one.on("paste drop", (event) => desk.refuseTooMuch(event, one, announce), true);
      pictures.register(one);
      // Straight to the grid; the other commands stand beside the table. The first row says what the columns are.
      one.ui.registry.addMenuButton("tablegrid", {
        icon: "table",
        tooltip: "Chèn bảng",
        fetch: (show) => show([{
          type: "fancymenuitem",
          fancytype: "inserttable",
          onAction: ({ numRows, numColumns }) => one.execCommand("mceInsertTable", false, { rows: numRows, columns: numColumns, options: { headerRows: 1 } })
        }])
      });
      one.on("PastePreProcess", (event) => {
        if (!event.internal) event.content = desk.cleanPaste(event.content, pictures.takeData);
      });
      one.on("PreInit", () => {
        one.addShortcut("meta+s", "Lưu", () => saveNow());
        // The page has its h1 already, and h5 and h6 are not stored.
        for (const level of [1, 5, 6]) one.shortcuts.remove(`access+${level}`);
        followColours();
      });
      one.on("compositionstart", () => saver.compose(true));
      one.on("compositionend blur", (event) => { if (event.type === "compositionend" || composingBody) saver.compose(false); });
      one.on("compositionstart compositionend blur", (event) => { composingBody = event.type === "compositionstart"; });
    }
  });
  let composingBody = false;

  const begin = () => {
    if (editor && editor.initialized) {
      // Typing, and whatever else changes the text: buttons, undo, paste, drag.
      editor.on("input", saver.changed);
      editor.on("input change undo redo ExecCommand", legacy.look);
      editor.on("change undo redo ExecCommand", notice);
      document.querySelectorAll('label[for="body"]').forEach((label) => label.addEventListener("click", () => editor.focus()));
      textarea.removeAttribute("required");
      new MutationObserver(followColours).observe(root, { attributes: true, attributeFilter: ["data-theme", "data-contrast", "data-text"] });
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", followColours);
    }
    saver.begin(isKnown ? sentFields : null);
    choosing.recover(!saver.isDirty());
    legacy.look();
    form.dataset.ready = editor && editor.initialized ? "rich" : "plain";
  };
  let noticing = 0;
  const notice = () => {
    clearTimeout(noticing);
    noticing = setTimeout(() => { if (saver.isDirty()) saver.changed(); }, 50);
  };

  const saveNow = async () => {
    const outcome = await saver.settle();
    if (outcome === "saved") announce(state.textContent);
    return outcome;
  };

  /* --- the form --- */
  form.addEventListener("input", (event) => { count(event.target); saver.changed(); legacy.look(); });
  form.addEventListener("change", notice);
  form.addEventListener("compositionstart", () => saver.compose(true));
  form.addEventListener("compositionend", () => saver.compose(false));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") { event.preventDefault(); saveNow(); }
  });

  // Enter in a line of text would press the first button, which may send the text for review.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    saveNow();
  });
  // A link from here is followed once what was typed is saved, so that it shows it, and nobody is asked.
  form.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || link.getAttribute("href").startsWith("#") || event.ctrlKey || event.metaKey || event.shiftKey || !saver.isDirty()) return;
    event.preventDefault();
    if ((await saver.settle()) === "saved") location.assign(link.href);
    else state.scrollIntoView({ block: "nearest" });
  });

  // The buttons send the form as they do without scripts. First everything typed is saved, so that a lost
  // session, a lost network or somebody else's text is met here, where nothing can be lost.
  let isGoing = false;
  form.addEventListener("submit", async (event) => {
    if (isGoing) return;
    event.preventDefault();
    const button = event.submitter;
    const outcome = await saver.settle();
    // With nothing to save that took no time at all, and a form cannot be sent while its event is still being told.
    await new Promise((next) => setTimeout(next));
    if (outcome === "saved") {
      isGoing = true;
      saver.leave();
      textarea.value = readBody();
      form.requestSubmit(button);
      // Should the server not answer, the page is still here and goes on saving.
      setTimeout(() => { isGoing = false; saver.stay(); }, 15000);
    } else if (outcome === "conflict") {
      choosing.lead();
    } else {
      const wrong = outcome === "invalid" && form.querySelector("[aria-invalid=true]");
      if (wrong && wrong !== textarea) wrong.focus(); else state.scrollIntoView({ block: "nearest" });
    }
  });

  const load = () =>
    new Promise((resolve, reject) => {
      if (window.hugerte) return resolve();
      const script = document.createElement("script");
      script.src = `${data.editorBase}/hugerte.min.js`;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });

  countAll();
  load()
    .then(() => {
      window.hugerte.addI18n("vi", desk.words);
      return window.hugerte.init(options());
    })
    .then(begin, () => {
      editor = null;
      textarea.removeAttribute("aria-hidden");
      begin();
    });
})();
