// Saving while somebody types: every field, one request at a time, and a state line that is always true.
(function () {
  "use strict";
  const desk = (window.deskEditor = window.deskEditor || {});
  const { element, clock } = desk;
  const AFTER_LAST_MS = 1500;
  const AT_MOST_MS = 10000;
  const ANSWER_WITHIN_MS = 45000;
  const BACK_OFF_S = [2, 4, 8, 16, 30];
  const ASK_SESSION_MS = 10000;
  // Browsers refuse larger requests that outlive their page.
  const KEEPALIVE_BYTES = 60000;

  /**
   * What saves `form`. `readBody` answers the body as HTML; `onConflict` gets the answer of a 409.
   * Nothing here ever writes into a field that somebody types in.
   */
  desk.createSaver = ({ form, state, readBody, store, onConflict }) => {
    const data = form.dataset;
    const read = () => desk.readFields(form, readBody());
    let saved = null; // the fields that the server has, as JSON; null: not known to have any
    let savedLabel = data.savedAt ? clock(data.savedAt) : "";
    let timer = 0, firstChange = 0, lastChange = 0, notBefore = 0;
    let failures = 0, inFlight = null, composing = false, blocked = "", sessionTimer = 0, leaving = false;

    /* --- the state line --- */
    const stillHere = () => (store.works() ? "Chữ vẫn còn trong máy này" : "Chữ vẫn còn trên trang này, xin đừng đóng trang");
    const show = (kind, ...content) => {
      const text = content.map((part) => (typeof part === "string" ? part : part.textContent)).join("");
      if (state.dataset.state === kind && state.textContent === text) return;
      // What goes well is not read aloud every few seconds; trouble is.
      state.setAttribute("aria-live", kind === "failed" ? "assertive" : "off");
      state.dataset.state = kind;
      state.replaceChildren(...content);
    };
    const showSaved = () => show("saved", savedLabel ? `Đã lưu lúc ${savedLabel}` : "Chưa có gì để lưu");
    const showTrouble = (sentence) => show("failed", sentence);
    const isDirty = () => saved === null || JSON.stringify(read()) !== saved;

    /* --- when to save --- */
    const plan = () => {
      clearTimeout(timer);
      if (blocked || inFlight || leaving || !firstChange) return;
      const due = Math.max(Math.min(lastChange + AFTER_LAST_MS, firstChange + AT_MOST_MS), notBefore);
      timer = setTimeout(() => { if (!composing) save(); else plan(); }, Math.max(due - Date.now(), composing ? 300 : 0));
    };
    const changed = () => {
      lastChange = Date.now();
      if (!firstChange) firstChange = lastChange;
      store.schedule();
      if (!blocked && !inFlight && !failures) show("dirty", "Có thay đổi chưa lưu");
      plan();
    };

    /* --- fields that the server refuses --- */
    const clearErrors = () =>
      form.querySelectorAll("[data-autosave-error]").forEach((sentence) => {
        const control = document.getElementById(sentence.dataset.autosaveError);
        if (control) {
          control.removeAttribute("aria-invalid");
          const others = (control.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && id !== sentence.id);
          if (others.length) control.setAttribute("aria-describedby", others.join(" ")); else control.removeAttribute("aria-describedby");
        }
        sentence.remove();
      });
    const showErrors = (fields) => {
      clearErrors();
      for (const [name, sentence] of Object.entries(fields || {})) {
        const found = form.elements[name];
        const control = found && (found.tagName ? found : found[0]);
        if (!control) continue;
        if (!control.id) control.id = `field-${name}`;
        const shown = element("span", { className: "error", id: `${control.id}-autosave-error`, textContent: sentence });
        shown.dataset.autosaveError = control.id;
        (control.closest(".choice") || control).before(shown);
        control.setAttribute("aria-invalid", "true");
        control.setAttribute("aria-describedby", `${control.getAttribute("aria-describedby") || ""} ${shown.id}`.trim());
      }
    };

    /* --- the session --- */
    const useToken = (token) =>
      document.querySelectorAll('input[name="csrf_token"]').forEach((input) => { input.value = token; });
    const token = () => form.elements.csrf_token.value;
    /** "same", "other" person, "out", or "unreachable". A fresh token is put to use. */
    const askSession = async () => {
      try {
        const response = await fetch(data.sessionUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (response.status === 401) return "out";
        const answer = await response.json();
        if (!response.ok || !answer.csrf_token) return "unreachable";
        if (String(answer.user_id) !== data.user) return "other";
        useToken(answer.csrf_token);
        return "same";
      } catch (error) {
        return "unreachable";
      }
    };
    const checkSession = async () => {
      if (blocked !== "session") return;
      const found = await askSession();
      if (blocked !== "session") return;
      if (found === "other") {
        showTrouble(`Chưa lưu: trình duyệt này đang đăng nhập bằng tài khoản khác. ${stillHere()}; hãy đăng nhập lại bằng tài khoản đã viết bài này.`);
      } else if (found === "same") {
        clearInterval(sessionTimer);
        blocked = "";
        await save();
      }
    };
    const loseSession = (loginUrl) => {
      blocked = "session";
      store.write();
      const link = element("a", { href: loginUrl || "/dang-nhap", target: "_blank", rel: "noopener", textContent: "Đăng nhập lại" });
      show("failed", `Phiên đăng nhập đã hết. ${stillHere()}. `, link);
      clearInterval(sessionTimer);
      sessionTimer = setInterval(checkSession, ASK_SESSION_MS);
    };

    /* --- one request --- */
    const request = async (fields) => {
      const body = new URLSearchParams({ ...fields, csrf_token: token(), seen: form.elements.seen.value }).toString();
      const control = new AbortController();
      const patience = setTimeout(() => control.abort(), ANSWER_WITHIN_MS);
      try {
        const response = await fetch(data.autosaveUrl, {
          method: "POST",
          headers: { Accept: "application/json", "X-CSRFToken": token(), "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8" },
          body,
          keepalive: body.length < KEEPALIVE_BYTES,
          signal: control.signal
        });
        const answer = await response.json().catch(() => null);
        // A page instead of an answer is not ours: a proxy's, or a network's login.
        if (response.ok && !(answer && answer.seen)) return { status: 502, answer: {} };
        return { status: response.status, answer: answer || {}, after: Number(response.headers.get("Retry-After")) };
      } catch (error) {
        return { status: 0, answer: {} };
      } finally {
        clearTimeout(patience);
      }
    };

    const becomeExisting = (answer) => {
      store.moveTo(answer.publication_id);
      history.replaceState(history.state, "", answer.edit_url);
      form.action = answer.edit_url;
    };
    const accept = (answer, sent) => {
      failures = 0;
      notBefore = 0;
      saved = sent;
      savedLabel = answer.saved_at_label || clock(answer.saved_at);
      form.elements.seen.value = answer.seen;
      data.savedAt = answer.saved_at;
      if (!data.publication && answer.publication_id) becomeExisting(answer);
      data.autosaveUrl = answer.autosave_url || data.autosaveUrl;
      data.uploadUrl = answer.upload_url || data.uploadUrl;
      data.attachUrl = answer.attach_url || data.attachUrl;
      const preview = document.getElementById("preview");
      if (preview && answer.preview_url) { preview.href = answer.preview_url; preview.hidden = false; }
      desk.replaceById("checklist", answer.checklist_html);
      clearErrors();
      if (isDirty()) return changed();
      firstChange = 0;
      store.clear();
      showSaved();
    };
    const tryLater = (reason, after) => {
      const wait = Math.max(BACK_OFF_S[Math.min(failures, BACK_OFF_S.length - 1)], after || 0);
      failures += 1;
      notBefore = Date.now() + wait * 1000;
      if (!firstChange) firstChange = Date.now();
      store.write();
      showTrouble(`Chưa lưu: ${reason}. ${stillHere()}; sẽ tự thử lại.`);
    };
    const send = async (fields, sent) => {
      let { status, answer, after } = await request(fields);
      if (status === 400) {
        const found = await askSession();
        if (found === "same") ({ status, answer, after } = await request(fields));
        else if (found === "out" || found === "other") { loseSession(answer.login_url); checkSession(); return "session"; }
      }
      if (status === 200) { accept(answer, sent); return "saved"; }
      if (status === 0) { tryLater("mất kết nối"); return "network"; }
      if (status === 429) { tryLater("máy chủ đang bận", after); return "network"; }
      if (status >= 500) { tryLater("máy chủ đang gặp sự cố", after); return "network"; }
      store.write();
      failures = 0;
      firstChange = 0; // not again by itself: the next change tries once more
      if (status === 401) { loseSession(answer.login_url); return "session"; }
      if (status === 409 && answer.theirs) {
        blocked = "conflict";
        const choose = element("a", { href: "#conflict", textContent: "Chọn một bản" });
        show("failed", `Chưa lưu: ${answer.theirs.by} đã lưu một bản khác lúc ${answer.theirs.saved_at_label}. ${stillHere()}. `, choose);
        onConflict(answer);
        return "conflict";
      }
      if (status === 422) showErrors(answer.fields);
      showTrouble(`Chưa lưu: ${(answer.error || "máy chủ không nhận").replace(/[.\s]+$/, "")}. ${stillHere()}.`);
      return status === 422 ? "invalid" : "refused";
    };

    /** Save now, if there is anything to save. Answers how it went: "saved", "network" … */
    const save = () => {
      if (inFlight) return inFlight;
      if (blocked) return Promise.resolve(blocked);
      clearTimeout(timer);
      const fields = read();
      const sent = JSON.stringify(fields);
      if (sent === saved) {
        firstChange = 0;
        failures = 0;
        store.clear();
        showSaved();
        return Promise.resolve("saved");
      }
      firstChange = 0;
      if (!failures) show("saving", "Đang lưu…");
      inFlight = send(fields, sent).finally(() => { inFlight = null; plan(); });
      return inFlight;
    };

    /** Wait for what is on its way, save what is left. */
    const settle = async () => {
      if (inFlight) await inFlight;
      notBefore = 0;
      const outcome = await save();
      return outcome === "saved" && !leaving && isDirty() ? save() : outcome;
    };

    // A page that is left may not hear the answer; a new text would then be made twice, so its copy here must do.
    const flush = () => {
      if (leaving || blocked || composing || !isDirty()) return;
      store.write();
      if (data.publication && !inFlight) save();
    };

    /* --- what people and browsers do --- */
    addEventListener("online", () => { if (failures) { notBefore = 0; save(); } });
    addEventListener("focus", checkSession);
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); else checkSession(); });
    addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
    addEventListener("beforeunload", (event) => {
      if (leaving || (!inFlight && !isDirty())) return;
      store.write();
      event.preventDefault();
      event.returnValue = ""; // older browsers ask only for this
    });

    return {
      read, changed, save, settle, loseSession, askSession, token, isDirty,
      /**
       * The editor stands. `sent`: the fields as they came with the page, which is what the server has; null if
       * it refused them or the browser restored others. What was typed while the editor loaded is still to be saved.
       */
      begin: (sent) => {
        const raw = form.elements.body.value;
        // The editor writes a body that nobody touched in its own way.
        saved = sent && JSON.stringify({ ...sent, body: raw === sent.body ? readBody() : sent.body });
        if (isDirty()) changed();
        else if (data.savedAt) showSaved();
      },
      compose: (isOn) => {
        composing = isOn;
        if (!isOn) changed();
      },
      /** A conflict has been decided: go on upon this version; `known` if the server has this text. */
      resume: (seen, known) => {
        form.elements.seen.value = seen;
        blocked = "";
        if (!known) { saved = null; changed(); return save(); }
        saved = JSON.stringify(read());
        firstChange = 0;
        store.clear();
        showSaved();
        return Promise.resolve("saved");
      },
      leave: () => { leaving = true; clearTimeout(timer); },
      stay: () => { leaving = false; }
    };
  };
})();
