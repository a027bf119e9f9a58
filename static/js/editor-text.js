// Reading, writing and comparing what stands in the form. No state here.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  // Not part of the text: who asks, upon which version, which button, what scripts-off pages send.
  const NOT_TEXT = new Set(["csrf_token", "seen", "then", "alt", "caption", "credit", "picture", "decorative", "library_picture", "attachment"]);
  const ZONE = "Asia/Ho_Chi_Minh";

  /** An element with properties (or attributes, where the name has a dash) and children. */
  desk.element = (tag, properties, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, value);
      else made[name] = value;
    }
    made.append(...children);
    return made;
  };

  /** "14:05", or "14:05 ngày 20/11/2026" if that was not today, in Vietnam. */
  desk.clock = (when) => {
    const date = new Date(when);
    if (isNaN(date)) return "";
    const day = (of) => of.toLocaleDateString("en-GB", { timeZone: ZONE });
    const time = date.toLocaleTimeString("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
    return day(date) === day(new Date()) ? time : `${time} ngày ${day(date)}`;
  };

  /** Every field of the text by name, as it would be sent; a box that is not ticked is "". */
  desk.readFields = (form, body) => {
    const fields = {};
    for (const control of form.elements) {
      if (control.name && control.type !== "submit" && control.type !== "button" && !NOT_TEXT.has(control.name)) fields[control.name] = "";
    }
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && name in fields) fields[name] = value;
    }
    fields.body = body;
    return fields;
  };

  const asText = (value) => (value === true ? "1" : value === false || value == null ? "" : String(value));

  /** Put a whole text into the form: only ever because somebody chose that text. */
  desk.writeFields = (form, fields, writeBody) => {
    for (const control of form.elements) {
      if (!control.name || NOT_TEXT.has(control.name) || !(control.name in fields) || control.name === "body") continue;
      const value = asText(fields[control.name]);
      if (control.type === "radio") control.checked = control.value === value;
      else if (control.type === "checkbox") control.checked = value !== "";
      else control.value = value;
    }
    if ("body" in fields) writeBody(asText(fields.body));
  };

  /** Whether a control holds something else than the server sent: browsers restore what was typed. */
  desk.isRestored = (form) =>
    Array.from(form.elements).some((control) => {
      if (!control.name || NOT_TEXT.has(control.name) || control.type === "hidden" || control.type === "submit" || control.type === "button") return false;
      if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
      if (control.tagName !== "SELECT") return control.value !== control.defaultValue;
      const sent = Array.from(control.options).find((option) => option.defaultSelected) || control.options[0];
      return Boolean(sent) && control.value !== sent.value;
    });

  const squeeze = (text) => text.replace(/[\s\u00a0]+/g, " ").trim().normalize("NFC");

  /** The parts of a text that a reader would notice, so that tidying by the server is no difference. */
  desk.canonical = (html) => {
    const parts = [];
    const walk = (node) => {
      if (node.nodeType === Node.TEXT_NODE) {
        const text = squeeze(node.data);
        if (text) parts.push(text);
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        const empty = !squeeze(node.textContent) && !node.querySelector("img, hr, td, th") && !/^(IMG|HR|TD|TH)$/.test(node.tagName);
        if (empty) return;
        const said = ["class", "href", "src", "alt", "colspan", "rowspan"].map((name) => node.getAttribute(name) || "").join("|");
        parts.push(`<${node.tagName}|${said.replace("align-left", "")}>`);
        node.childNodes.forEach(walk);
        parts.push("</>");
      }
    };
    const parsed = new DOMParser().parseFromString(html || "", "text/html").body;
    parsed.querySelectorAll("colgroup").forEach((group) => group.remove());
    parsed.childNodes.forEach(walk);
    return parts.join("\n");
  };

  /** Whether two texts are the same to a reader. Fields that only one of them has do not count. */
  desk.sameText = (one, other) =>
    Object.keys(one).every((name) => {
      if (!(name in other)) return true;
      if (name === "body") return desk.canonical(one.body) === desk.canonical(other.body);
      return squeeze(asText(one[name])) === squeeze(asText(other[name]));
    });

  /** The words of a text alone. */
  desk.plain = (html) => {
    const parsed = new DOMParser().parseFromString((html || "").replace(/<\/(p|h\d|li|td|th|figcaption|blockquote)>/gi, " $&"), "text/html");
    return squeeze(parsed.body.textContent);
  };

  const SHOWN = new Set(
    "P H2 H3 H4 STRONG EM B I U S SUB SUP CODE UL OL LI BLOCKQUOTE PRE HR BR A TABLE CAPTION THEAD TBODY TFOOT TR TD TH FIGURE FIGCAPTION IMG".split(" ")
  );

  /** A text to look at: parsed where nothing runs, with only the elements that texts may have. */
  desk.shown = (html) => {
    const copy = (node, into) => {
      for (const child of node.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) into.append(child.data);
        if (child.nodeType !== Node.ELEMENT_NODE) continue;
        if (/^(SCRIPT|STYLE|TEMPLATE|IFRAME|OBJECT|SVG|MATH)$/i.test(child.tagName)) continue;
        if (!SHOWN.has(child.tagName)) { copy(child, into); continue; }
        const made = document.createElement(child.tagName);
        for (const name of ["colspan", "rowspan", "alt", "width", "height", "start"]) {
          if (child.hasAttribute(name)) made.setAttribute(name, child.getAttribute(name));
        }
        const source = child.getAttribute("src") || "";
        if (made.tagName === "IMG" && source.startsWith("/tep/")) { made.src = source; made.loading = "lazy"; }
        const aligned = (child.getAttribute("class") || "").match(/\balign-(center|right|justify)\b/);
        if (aligned) made.className = aligned[0];
        copy(child, made);
        into.append(made);
      }
    };
    const out = document.createDocumentFragment();
    copy(new DOMParser().parseFromString(html || "", "text/html").body, out);
    return out;
  };

  /** Replace an element of the page by one that our own server drew. */
  desk.replaceById = (id, html) => {
    const old = document.getElementById(id);
    const fresh = new DOMParser().parseFromString(html || "", "text/html").getElementById(id);
    if (old && fresh && old.outerHTML !== fresh.outerHTML) old.replaceWith(document.adoptNode(fresh));
  };
})();
