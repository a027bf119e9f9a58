// Where there are two texts, a person chooses: after a crash, and when somebody else has saved meanwhile.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const { element } = desk;
  const LABELS = {
    title: "Tiêu đề", summary: "Tóm tắt", byline: "Tên tác giả", section_id: "Chuyên mục", genre: "Thể loại", origin: "Nguồn bài",
    source_name: "Tên nguồn", source_url: "Địa chỉ nguồn", lead_media_id: "Ảnh đại diện", secrecy_declared: "Cam đoan không có bí mật nhà nước",
    files: "Tệp đính kèm"
  };
  const PREVIEW_LENGTH = 280;

  const button = (text, act, plain) => {
    const made = element("button", { type: "button", className: plain ? "button button-small" : "button button-primary button-small", textContent: text });
    made.addEventListener("click", act);
    return made;
  };

  /* What each field is called: those that only this kind has are named by their labels. */
  const labels = (form) => {
    const own = (form.dataset.details || "").split(" ").filter((name) => name && form.elements[name]);
    return Object.assign({}, LABELS, Object.fromEntries(own.map((name) => [name, form.elements[name].labels[0].textContent.trim()])));
  };

  /* What a value of a list is called: people know names, not numbers. */
  const said = (form, name, value) => {
    const control = form.elements[name];
    const text = value === true ? "1" : value === false || value == null ? "" : String(value);
    if (name === "secrecy_declared") return text ? "đã đánh dấu" : "chưa đánh dấu";
    if (name === "files") return text ? JSON.parse(text).map((file) => file.label || file.name).join("; ") : "";
    if (control && control.options) {
      const option = Array.from(control.options).find((one) => one.value === text);
      return option ? option.text.trim() : "";
    }
    if (name === "origin" && control && control.length) {
      const radio = Array.from(control).find((one) => one.value === text);
      return radio && radio.labels.length ? radio.labels[0].textContent.trim() : text;
    }
    return text;
  };

  /* One of the texts, whole, with the blocks that the other one lacks marked. */
  const whole = (form, heading, fields, other) => {
    const body = element("div", { className: "prose version-body" }, desk.shown(fields.body));
    const theirs = new Set(Array.from(element("div", {}, desk.shown(other.body)).children, (block) => block.textContent.trim()));
    for (const block of body.children) if (!theirs.has(block.textContent.trim())) block.classList.add("version-new");
    body.tabIndex = 0;
    body.setAttribute("role", "region");
    body.setAttribute("aria-label", `${heading}: nội dung`);
    const facts = element("dl", { className: "version-facts" });
    for (const [name, label] of Object.entries(labels(form))) {
      if (!(name in fields)) continue;
      const value = said(form, name, fields[name]);
      const differs = value.trim() !== said(form, name, other[name]).trim();
      if (!differs && name !== "title" && name !== "summary") continue;
      const shown = element("dd", { textContent: value || "(để trống)" });
      if (differs) shown.className = "version-new";
      facts.append(element("div", {}, element("dt", { textContent: label }), shown));
    }
    return element("article", { className: "version" }, element("h3", { textContent: heading }), facts, body);
  };

  const short = (heading, fields) => {
    const words = desk.plain(fields.body);
    const shown = words.length > PREVIEW_LENGTH ? `${words.slice(0, PREVIEW_LENGTH)}…` : words;
    return element(
      "article",
      { className: "version" },
      element("h3", { textContent: heading }),
      element("p", { className: "version-title", textContent: fields.title || "(chưa có tiêu đề)" }),
      element("p", { className: "meta", textContent: shown || "(chưa có nội dung)" })
    );
  };

  const question = (section, heading, intro, versions, ...buttons) => {
    const title = element("h2", { className: "message-title", textContent: heading, tabIndex: -1 });
    section.replaceChildren(
      element(
        "div",
        { className: "question" },
        title,
        element("p", { textContent: intro }),
        ...(versions.length ? [element("div", { className: "versions" }, ...versions)] : []),
        element("div", { className: "cluster form-actions" }, ...buttons)
      )
    );
    section.hidden = false;
    return title;
  };
  const close = (section) => { section.replaceChildren(); section.hidden = true; };

  desk.createChoosing = ({ form, conflict, recovery, store, write, focus, announce }) => {
    let saver = null;

    /* A text that was not chosen stays at hand, until it is used or thrown away. */
    const offer = (kept) => {
      if (!kept) return;
      const { key, copy } = kept;
      const whose = { theirs: "Bản kia", server: "Bản trước đó trên máy chủ", mine: "Bản của bạn" }[copy.kept] || "Bản không chọn";
      const line = element("div", { className: "kept-copy" },
        element("p", {}, `${whose} (${desk.clock(copy.at)}) vẫn được giữ trong máy này: “${copy.fields.title || desk.plain(copy.fields.body).slice(0, 60) || "chưa có tiêu đề"}”.`));
      const use = button("Dùng bản đó", () => {
        const now = saver.read();
        line.remove();
        offer(store.keep(now, "mine"));
        write(copy.fields);
        saver.changed();
        store.remove(key);
        focus();
      }, true);
      const drop = button("Bỏ bản đó", () => { store.remove(key); line.remove(); focus(); }, true);
      line.append(element("div", { className: "cluster form-actions" }, use, drop));
      recovery.append(line);
      recovery.hidden = false;
    };

    /* --- after a crash --- */
    const ask = ({ key, copy }) => {
      const server = saver.read();
      const when = form.dataset.savedAt ? `lưu lúc ${desk.clock(form.dataset.savedAt)}` : "chưa lưu lần nào";
      const take = () => {
        const mine = saver.read();
        close(recovery);
        if (form.dataset.publication || desk.plain(mine.body) || mine.title) offer(store.keep(mine, "server", form.dataset.savedAt));
        write(copy.fields);
        saver.changed();
        store.write();
        store.remove(key);
        announce("Đã lấy lại bản trong máy này.");
        focus();
      };
      const leave = () => {
        close(recovery);
        store.remove(key);
        offer(store.keep(copy.fields, "mine", copy.at));
        announce("Đang dùng bản trên máy chủ.");
        focus();
      };
      question(
        recovery,
        "Có chữ chưa lưu trong máy này",
        "Lần trước trang đóng trước khi lưu xong. Hãy chọn bản để viết tiếp; bản kia vẫn được giữ.",
        [short(`Bản trong máy này, gõ lúc ${desk.clock(copy.at)}`, copy.fields), short(`Bản trên máy chủ, ${when}`, server)],
        button("Dùng bản trong máy này", take),
        button("Dùng bản trên máy chủ", leave, true)
      );
    };

    /** Look for copies that the server may not have; ask about the newest, list the others. */
    const recover = async (isKnown) => {
      const shown = saver.read();
      const asked = [];
      for (const found of await store.found()) {
        if (desk.sameText(found.copy.fields, shown)) {
          if (isKnown || asked.length || found.copy.kept) store.remove(found.key);
          continue;
        }
        if (found.copy.kept || asked.length) offer(found);
        else asked.push(found);
      }
      if (!asked.length) return;
      const kept = Array.from(recovery.children);
      ask(asked[0]);
      recovery.append(...kept);
    };

    /* --- somebody else has saved --- */
    /* Into the history on the server, beside the copy here: who has two machines looks for it there. */
    const setAside = async (url, fields) => {
      const body = new URLSearchParams({ ...fields, csrf_token: saver.token() });
      try {
        const response = await fetch(url, { method: "POST", headers: { Accept: "application/json" }, body });
        const said = response.ok ? await response.json() : null;
        if (said) announce(`Đã lấy bản kia. ${said.sentence}`);
      } catch (error) { /* the copy here stays */ }
    };

    const decide = (answer) => {
      const { theirs } = answer;
      const mine = saver.read();
      const keepMine = () => {
        close(conflict);
        offer(store.keep(theirs.fields, "theirs"));
        announce("Đang giữ bản của bạn.");
        focus();
        saver.resume(answer.seen, false);
      };
      const takeTheirs = () => {
        const now = saver.read();
        close(conflict);
        offer(store.keep(now, "mine"));
        write(theirs.fields);
        saver.resume(answer.seen, true);
        // What is still missing is told for the text that is shown now.
        fetch(location.href).then((response) => (response.ok ? response.text() : "")).then((page) => desk.replaceById("checklist", page), () => {});
        announce("Đã lấy bản kia. Bản của bạn vẫn được giữ trong máy này.");
        setAside(answer.set_aside_url, now);
        focus();
      };
      const title = question(
        conflict,
        `${theirs.by} đã lưu một bản khác lúc ${theirs.saved_at_label}`,
        "Chưa có gì mất. Chỗ khác nhau được đánh dấu. Bản không chọn vẫn còn trong lịch sử của bài.",
        [whole(form, "Bản của tôi", mine, theirs.fields), whole(form, `Bản của ${theirs.by}`, theirs.fields, mine)],
        button("Giữ bản của tôi", keepMine),
        button("Lấy bản kia", takeTheirs, true)
      );
      // Nobody's typing is interrupted: only who asked to save is led here.
      return title;
    };

    return {
      use: (one) => { saver = one; },
      recover,
      decide,
      lead: () => {
        const title = conflict.querySelector("h2");
        if (title) { title.focus(); conflict.scrollIntoView({ block: "start" }); }
      }
    };
  };
})();
