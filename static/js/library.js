// The library: several files at once with progress and another try, and the focal point by a click.
(function () {
  "use strict";
  const { send, sentence, mayRetry, tooLarge } = window.deskUpload;
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const announce = (text) => { const place = document.getElementById("announcer"); if (place) place.textContent = text; };

  /* --- sending --- */
  const token = (form) => form.elements.csrf_token.value;
  const renewToken = async (form) => {
    try {
      const response = await fetch("/ban-lam-viec/phien", { headers: { Accept: "application/json" }, cache: "no-store" });
      const answer = await response.json();
      if (response.ok && answer.csrf_token) { form.elements.csrf_token.value = answer.csrf_token; return true; }
    } catch (error) { /* told by the second try */ }
    return false;
  };

  /** One file in the list of what is being sent; `done` is called with the answer once it is there. */
  const sendOne = (form, list, file, done) => {
    const bar = element("progress", { max: 1, value: 0 });
    bar.setAttribute("aria-label", `Đang tải lên ${file.name}`);
    const words = element("p", { textContent: file.name });
    const line = element("li", {}, words, bar);
    list.append(line);
    const fail = (told, isWorthAgain) => {
      const again = element("button", { type: "button", className: "button button-small", textContent: "Thử lại" });
      const drop = element("button", { type: "button", className: "button button-small", textContent: "Bỏ" });
      const trouble = element("p", { className: "error", textContent: told });
      trouble.setAttribute("role", "alert");
      const buttons = element("div", { className: "cluster" }, ...(isWorthAgain ? [again] : []), drop);
      again.addEventListener("click", () => { trouble.remove(); buttons.remove(); attempt(); });
      drop.addEventListener("click", () => { line.remove(); form.querySelector("input[type=file]").focus(); });
      bar.hidden = true;
      line.append(trouble, buttons);
    };
    const attempt = async () => {
      if (tooLarge(file)) return fail(tooLarge(file));
      bar.hidden = false;
      bar.value = 0;
      const once = () => send({ url: form.action, file, token: token(form), onProgress: (part) => { bar.value = part; } }).done;
      let result = await once();
      // After logging in again in another tab the old token is worth nothing.
      if (result.status === 400 && (await renewToken(form))) result = await once();
      if (result.status !== 200 || !result.answer.address) return fail(sentence(result, file), mayRetry(result));
      bar.remove();
      words.replaceChildren(element("a", { href: result.answer.address, textContent: file.name }), " đã tải lên");
      return done(result.answer);
    };
    return attempt();
  };

  const upload = document.getElementById("library-upload");
  if (upload) {
    const input = upload.elements.file;
    const list = upload.querySelector(".sending");
    input.multiple = true;
    let queue = Promise.resolve();
    upload.addEventListener("submit", (event) => {
      const files = Array.from(input.files);
      if (!files.length) return;
      event.preventDefault();
      input.value = "";
      for (const file of files) {
        // One after another: each gets the whole line, and the first are there the sooner.
        queue = queue.then(() => sendOne(upload, list, file, () => announce(`Đã tải lên ${file.name}.`)));
      }
      queue.then(() => { const filter = document.querySelector(".library-filter"); if (filter) filter.requestSubmit(); });
    });
  }

  const replacement = document.getElementById("replace");
  if (replacement) {
    replacement.addEventListener("submit", (event) => {
      const file = replacement.elements.file.files[0];
      if (!file) return;
      event.preventDefault();
      const list = replacement.querySelector(".sending");
      list.replaceChildren();
      sendOne(replacement, list, file, (answer) => location.assign(answer.address));
    });
  }

  /* --- the focal point --- */
  const picker = document.getElementById("focus-picker");
  const describe = document.getElementById("describe");
  if (picker && describe) {
    const { focus_x: x, focus_y: y } = describe.elements;
    const image = picker.querySelector("img");
    const mark = element("span", { className: "focus-mark" });
    picker.append(mark);
    picker.dataset.active = "";
    const percent = (control) => Math.min(100, Math.max(0, Math.round(Number(control.value)) || 0));
    // As services/media.focus_classes: crops move in quarters.
    const step = (name, part) => { const near = Math.round(part / 25) * 25; return near === 50 ? "" : `f${name}-${near}`; };
    const draw = () => {
      mark.style.left = `${percent(x)}%`;
      mark.style.top = `${percent(y)}%`;
      const classes = [step("x", percent(x)), step("y", percent(y))].filter(Boolean).join(" ");
      document.querySelectorAll(".focus-crops img").forEach((one) => { one.className = classes; });
    };
    image.addEventListener("click", (event) => {
      const box = image.getBoundingClientRect();
      x.value = Math.round(((event.clientX - box.left) / box.width) * 100);
      y.value = Math.round(((event.clientY - box.top) / box.height) * 100);
      draw();
      announce(`Điểm chính: ${x.value} % từ trái, ${y.value} % từ trên. Bấm “Lưu” để giữ.`);
    });
    for (const control of [x, y]) control.addEventListener("input", draw);
    draw();
  }
})();
