// What comes from Word, from Docs or from other sites, as the elements that a text here may have.
// The server decides what is stored (services/markup); this shows at once what it will be.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const KEPT = {
    P: ["class"], H2: ["class"], H3: ["class"], H4: ["class"], STRONG: [], EM: [], B: [], I: [], U: [], S: [], SUB: [], SUP: [], CODE: [],
    UL: [], OL: ["start"], LI: [], BLOCKQUOTE: [], PRE: [], HR: [], BR: [], A: ["href"], TABLE: [], CAPTION: [], THEAD: [], TBODY: [], TFOOT: [], TR: [],
    TD: ["class", "colspan", "rowspan"], TH: ["class", "colspan", "rowspan", "scope"], FIGURE: ["class"], FIGCAPTION: [],
    IMG: ["src", "srcset", "sizes", "width", "height", "alt"]
  };
  const RENAMED = { H1: "h2", H5: "h4", H6: "h4", STRIKE: "s", DEL: "s", INS: "u" };
  const DROPPED = "script, style, link, meta, title, template, noscript, iframe, object, embed, svg, math, xml, form > button, input, select, textarea, colgroup, col, br.Apple-interchange-newline";
  const BLOCKS = "p, h2, h3, h4, ul, ol, table, blockquote, pre, hr, figure, div";
  const NO_PICTURE = "[ảnh chưa được tải lên]";

  const rename = (node, tag) => {
    const made = node.ownerDocument.createElement(tag);
    for (const { name, value } of Array.from(node.attributes)) made.setAttribute(name, value);
    made.append(...node.childNodes);
    node.replaceWith(made);
    return made;
  };
  const unwrap = (node) => node.replaceWith(...node.childNodes);
  const styleOf = (node) => (node.getAttribute("style") || "").toLowerCase();
  /* The value of one property: Word's own "mso-bidi-font-weight" is not "font-weight". */
  const said = (node, property) => (new RegExp(`(?:^|;)\\s*${property}\\s*:\\s*([^;]*)`).exec(styleOf(node)) || ["", ""])[1].trim();

  const removeComments = (root) => {
    const walker = root.ownerDocument.createTreeWalker(root, NodeFilter.SHOW_COMMENT);
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    found.forEach((comment) => comment.remove());
  };

  /* Word writes a list as paragraphs that carry their level in a style and their mark as text. */
  const wordLists = (root) => {
    let open = []; // the lists being built, outermost first
    let last = null;
    for (const paragraph of Array.from(root.querySelectorAll("p, h1, h2, h3, h4, h5, h6, li"))) {
      const found = /mso-list:\s*l\d+\s+level(\d+)/.exec(styleOf(paragraph));
      if (!found || paragraph.tagName === "LI") { open = []; continue; }
      const mark = Array.from(paragraph.querySelectorAll("span")).find((span) => /mso-list:\s*ignore/.test(styleOf(span)));
      const sign = mark ? mark.textContent.trim() : "";
      if (/^H\d$/.test(paragraph.tagName) || (!mark && !/list/i.test(paragraph.className))) { if (mark) mark.replaceWith(`${sign} `); open = []; continue; }
      if (mark) mark.remove();
      const level = Number(found[1]);
      // Whitespace between two paragraphs is no end of a list; anything else is.
      let before = paragraph.previousSibling;
      while (before && before.nodeType === Node.TEXT_NODE && !before.data.trim()) before = before.previousSibling;
      if (!last || before !== open[0]?.list) open = [];
      while (open.length && open[open.length - 1].level > level) open.pop();
      let top = open[open.length - 1];
      if (!top || top.level < level) {
        const ordered = /^[([]?([0-9]+|[a-z]|[ivxlcdm]+)[.)\]]/i.test(sign);
        const list = root.ownerDocument.createElement(ordered ? "ol" : "ul");
        const start = ordered && /^\D*(\d+)/.exec(sign);
        if (start && Number(start[1]) > 1) list.setAttribute("start", start[1]);
        if (top) (top.list.lastElementChild || top.list).append(list); else paragraph.before(list);
        top = { list, level };
        open.push(top);
      }
      const item = root.ownerDocument.createElement("li");
      item.append(...paragraph.childNodes);
      top.list.append(item);
      paragraph.remove();
      last = top.list;
    }
  };

  const setAlignment = (node) => {
    const classes = (node.getAttribute("class") || "").match(/\balign-(?:center|right|justify)\b/);
    const given = node.tagName === "CENTER" ? "center" : (node.getAttribute("align") || "").toLowerCase();
    // Word justifies whatever it writes: that is its habit, and nobody's choice.
    const found = /^(center|right)/.exec(said(node, "text-align") || given);
    const name = classes ? classes[0] : found ? `align-${found[1]}` : "";
    if (name) node.setAttribute("class", name); else node.removeAttribute("class");
  };

  /* Bold, italic and so on that are said with a style become elements around what is inside. */
  const emphasise = (node) => {
    const line = `${said(node, "text-decoration")} ${said(node, "text-decoration-line")}`;
    const tags = [];
    if (/^(bold|[6-9]00)/.test(said(node, "font-weight"))) tags.push("strong");
    if (/^(italic|oblique)/.test(said(node, "font-style"))) tags.push("em");
    if (line.includes("underline") && !node.closest("a") && !node.querySelector("a")) tags.push("u");
    if (line.includes("line-through")) tags.push("s");
    if (said(node, "vertical-align") === "super") tags.push("sup");
    if (said(node, "vertical-align") === "sub") tags.push("sub");
    for (const tag of tags) {
      if (!node.textContent.trim() || node.closest(tag)) continue;
      const made = node.ownerDocument.createElement(tag);
      made.append(...node.childNodes);
      node.append(made);
    }
  };

  /* Docs puts a list beside the item that it belongs to, and a paragraph into each item. */
  const innerLists = (root) => {
    root.querySelectorAll("ul > ul, ul > ol, ol > ul, ol > ol").forEach((list) => {
      const item = list.previousElementSibling;
      if (item && item.tagName === "LI") item.append(list);
    });
    root.querySelectorAll("li > p:first-child").forEach((paragraph) => {
      const others = Array.from(paragraph.parentNode.children).slice(1);
      if (others.every((one) => /^(UL|OL)$/.test(one.tagName))) unwrap(paragraph);
    });
  };
  /* The page has its h1: what was below one stays below it. */
  const lowerHeadings = (root) => {
    if (!root.querySelector("h1")) return;
    for (const level of [4, 3, 2]) root.querySelectorAll(`h${level}`).forEach((heading) => rename(heading, `h${level + 1}`));
  };

  /* Word draws a picture in its own language, with an img beside it for everybody else; not always. */
  const drawings = (root) =>
    root.querySelectorAll("v\\:imagedata").forEach((drawing) => {
      const block = drawing.closest("p, td, li, h1, h2, h3, h4, h5, h6, div") || root;
      if (!block.querySelector("img")) drawing.replaceWith(NO_PICTURE);
    });

  const pictures = (root, takeData) =>
    root.querySelectorAll("img").forEach((image) => {
      const source = image.getAttribute("src") || "";
      const own = source.startsWith(`${location.origin}/tep/`) ? source.slice(location.origin.length) : source;
      if (own.startsWith("/tep/")) { image.setAttribute("src", own); return; }
      const held = /^data:image\/(png|jpe?g|webp|avif|gif|bmp);base64,/i.test(source) ? takeData(source, image.getAttribute("alt") || "") : "";
      // One-pixel pictures only count readers.
      const isTrace = image.getAttribute("width") === "1" || image.getAttribute("height") === "1";
      image.replaceWith(isTrace ? "" : held || NO_PICTURE);
    });

  const links = (root) =>
    root.querySelectorAll("a").forEach((link) => {
      const address = (link.getAttribute("href") || "").trim();
      if (!/^(https?:\/\/|mailto:|tel:|\/(?!\/))/i.test(address) || !link.textContent.trim() && !link.querySelector("img")) unwrap(link);
    });

  /**
   * HTML from elsewhere → HTML of ours. `takeData(address)` may take a picture that comes inside the
   * text and answers the words that stand for it until it is stored.
   */
  desk.cleanPaste = (html, takeData) => {
    const page = new DOMParser().parseFromString(html.replace(/<(\/?)o:p\b[^>]*>/gi, "<$1span>"), "text/html");
    const root = page.body;
    removeComments(root);
    root.querySelectorAll(DROPPED).forEach((node) => node.remove());
    root.querySelectorAll("[style*='display:none'], [style*='display: none'], [hidden]").forEach((node) => node.remove());
    wordLists(root);
    root.querySelectorAll("p.MsoTitle").forEach((title) => rename(title, "h2"));
    innerLists(root);
    lowerHeadings(root);
    drawings(root);
    pictures(root, takeData);
    links(root);
    for (const node of Array.from(root.querySelectorAll("*"))) {
      const isPlainBold = /^(B|STRONG)$/.test(node.tagName) && /^(normal|400)/.test(said(node, "font-weight"));
      if (isPlainBold) { unwrap(node); continue; } // Docs wraps every paste in such a one
      if (!/^(H[1-6]|TH)$/.test(node.tagName)) emphasise(node);
      const named = RENAMED[node.tagName] ? rename(node, RENAMED[node.tagName]) : node;
      if (/^(P|H2|H3|H4|TD|TH|DIV|CENTER|FIGURE)$/.test(named.tagName)) setAlignment(named);
    }
    // From the inside out, so that a box is judged by what is left in it.
    for (const node of Array.from(root.querySelectorAll("*")).reverse()) {
      if (!KEPT[node.tagName]) {
        const isBox = /^(DIV|SECTION|ARTICLE|CENTER|DT|DD|ADDRESS|HEADER|FOOTER|MAIN|ASIDE)$/.test(node.tagName);
        if (isBox && !node.querySelector(BLOCKS) && !node.closest("td, th, li, figcaption, caption, p")) rename(node, "p");
        else if (isBox && node.nextSibling && node.closest("td, th, li")) { node.append(page.createElement("br")); unwrap(node); }
        else unwrap(node);
      }
    }
    for (const node of Array.from(root.querySelectorAll("*"))) {
      const kept = KEPT[node.tagName] || [];
      for (const { name } of Array.from(node.attributes)) if (!kept.includes(name)) node.removeAttribute(name);
      const isEmpty = /^(P|H2|H3|H4|LI|STRONG|EM|U|S|B|I|SUB|SUP)$/.test(node.tagName) && !node.textContent.replace(/\u00a0/g, " ").trim() && !node.querySelector("img");
      if (isEmpty && !node.closest("td, th")) {
        if (/^(STRONG|EM|U|S|B|I|SUB|SUP)$/.test(node.tagName)) unwrap(node); else node.remove();
      }
    }
    root.normalize();
    return root.innerHTML.replace(/\r?\n/g, " ").trim();
  };
  /* What is beyond these is refused before anything reads it, so that no browser hangs; it is still in the
     clipboard. Pictures inside it are uploaded one by one, and do not count as text. */
  const MAX_PASTED = 40e6;
  const MAX_MARKUP = 3e6;
  const MAX_PLAIN = 4e5;
  const MAX_CELLS = 2500;
  const tooMuch = (html, plain) => {
    const size = Math.max(html.length, plain.length);
    const megabytes = `${(size / 1e6).toLocaleString("vi-VN", { maximumFractionDigits: 1 })} MB`;
    const inParts = "nên chưa dán gì. Hãy dán từng phần, hoặc dùng “Mở tệp Word”.";
    if (size > MAX_PASTED) return `Nội dung vừa dán dài ${megabytes}, quá nhiều cho một bài ${inParts}`;
    const markup = html.replace(/data:image\/[^"'\s)>]+/g, "");
    if (markup.length > MAX_MARKUP || plain.length > MAX_PLAIN) return `Nội dung vừa dán dài ${megabytes}, quá nhiều cho một bài ${inParts}`;
    const cells = (markup.match(/<t[dh][\s>]/gi) || []).length;
    if (cells > MAX_CELLS) return `Bảng vừa dán có ${cells.toLocaleString("vi-VN")} ô, nhiều nhất là ${MAX_CELLS.toLocaleString("vi-VN")} ô, nên chưa dán gì. Hãy chia nhỏ bảng, hoặc đính kèm bảng thành tệp.`;
    return "";
  };
  /** Stop a paste or a drop that is too much, and say so. */
  desk.refuseTooMuch = (event, editor, announce) => {
    const transfer = event.clipboardData || event.dataTransfer;
    if (!transfer) return;
    const sentence = tooMuch(transfer.getData("text/html"), transfer.getData("text/plain"));
    if (!sentence) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    editor.notificationManager.open({ type: "error", text: sentence });
    announce(sentence);
  };
  desk.NO_PICTURE = NO_PICTURE;
})();
