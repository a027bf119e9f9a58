// Reading a text aloud with the browser's own voice, and what else helps to read it. Where there is no
// voice of the text's language, nothing is offered: /cach-hien-thi says how the device itself can read.
(function () {
  "use strict";

  if (navigator.pdfViewerEnabled === false) {
    document.querySelectorAll(".viewer").forEach(function (viewer) { viewer.hidden = true; });
  }

  var place = document.querySelector("[data-listen]");
  var texts = Array.from(document.querySelectorAll("[data-read-aloud]"));
  var speech = window.speechSynthesis;
  if (!place || !texts.length || !speech || !window.SpeechSynthesisUtterance) return;

  var LONGEST = 220; // Some browsers fall silent in the middle of a longer utterance.
  var language = texts[0].closest("[lang]").lang.toLowerCase();
  var toggle = place.querySelector("[data-listen-toggle]");
  var stop = place.querySelector("[data-listen-stop]");
  var said = toggle.querySelector("[data-label]");
  var labels = { idle: said.textContent, running: toggle.dataset.pause, paused: toggle.dataset.resume };
  var parts = [];
  var at = 0;
  // Each utterance has its number: what an older one reports, after it was cut off, is no news.
  var turn = 0;
  var running = false;

  function voice() {
    return speech.getVoices().find(function (one) {
      return one.lang.toLowerCase().replace("_", "-").split("-")[0] === language.split("-")[0];
    });
  }

  function blocks() {
    var found = Array.from((texts[0].closest("article") || document).querySelectorAll("h1, .post-summary"));
    var children = texts.reduce(function (all, text) { return all.concat(text.children.length ? Array.from(text.children) : [text]); }, []);
    children.forEach(function (child) {
      var inner = child.querySelectorAll(child.matches("figure") ? "figcaption" : "li, tr");
      if (inner.length && child.matches("ul, ol, table, .scroller")) found.push.apply(found, Array.from(inner));
      else if (child.matches("figure")) found.push.apply(found, Array.from(inner));
      else found.push(child);
    });
    return found;
  }

  function wordsOf(block) {
    var cells = block.matches("tr") ? Array.from(block.cells, function (cell) { return cell.textContent.trim(); }) : [block.textContent];
    return cells.join(", ").replace(/\s+/g, " ").trim();
  }

  function sentences(words) {
    var out = [];
    (words.match(/[^.!?…;:]+[.!?…;:]*\s*/g) || []).forEach(function (sentence) {
      while (sentence.length > LONGEST) {
        var cut = sentence.lastIndexOf(" ", LONGEST);
        cut = cut > 0 ? cut : LONGEST;
        out.push(sentence.slice(0, cut));
        sentence = sentence.slice(cut);
      }
      var last = out.length - 1;
      if (last >= 0 && out[last].length + sentence.length <= LONGEST) out[last] += sentence;
      else out.push(sentence);
    });
    return out;
  }

  function prepare() {
    parts = [];
    blocks().forEach(function (block) {
      sentences(wordsOf(block)).forEach(function (words) {
        if (/[\p{L}\p{N}]/u.test(words)) parts.push({ block: block, words: words });
      });
    });
  }

  function mark(block) {
    document.querySelectorAll(".is-read-now").forEach(function (one) { if (one !== block) one.classList.remove("is-read-now"); });
    if (!block || block.classList.contains("is-read-now")) return;
    block.classList.add("is-read-now");
    var box = block.getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight) block.scrollIntoView({ block: box.height < innerHeight ? "center" : "start" });
  }

  function show(state) {
    said.textContent = labels[state];
    stop.hidden = state === "idle";
  }

  function next() {
    if (at >= parts.length) { end(); return; }
    var mine = ++turn;
    var utterance = new SpeechSynthesisUtterance(parts[at].words);
    utterance.voice = voice() || null;
    utterance.lang = utterance.voice ? utterance.voice.lang : language;
    utterance.onend = function () { if (mine === turn) { at += 1; next(); } };
    utterance.onerror = function () { if (mine === turn) end(); };
    mark(parts[at].block);
    speech.speak(utterance);
  }

  function silence() { turn += 1; running = false; speech.cancel(); }

  function end() {
    silence();
    at = 0;
    mark(null);
    // The button that was pressed goes: the keyboard stays where reading is begun.
    if (document.activeElement === stop) toggle.focus();
    show("idle");
  }

  toggle.addEventListener("click", function () {
    if (running) {
      // Not speech.pause(): on phones it is an end.
      silence();
      show("paused");
      return;
    }
    if (at === 0) prepare();
    running = true;
    show("running");
    next();
  });
  stop.addEventListener("click", end);
  document.addEventListener("keydown", function (event) { if (event.key === "Escape" && running) end(); });
  addEventListener("pagehide", end);

  function offer() { place.hidden = !voice(); }
  offer();
  // Browsers hear of their voices late.
  if (speech.addEventListener) speech.addEventListener("voiceschanged", offer);
})();
