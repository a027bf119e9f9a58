// What makes public pages nicer with scripts on. Nothing here is needed to read, search or log in.
(function () {
  "use strict";
  var self = document.currentScript;
  var root = document.documentElement;

  function each(selector, act) { document.querySelectorAll(selector).forEach(act); }

  function keep(name, value) {
    if (value) root.setAttribute("data-" + name, value); else root.removeAttribute("data-" + name);
    try {
      if (value) localStorage.setItem("hien-thi." + name, value); else localStorage.removeItem("hien-thi." + name);
    } catch (error) { /* storage is switched off: the choice lasts for this page */ }
  }

  function say(text) {
    var announcer = document.getElementById("announcer");
    if (announcer && text) announcer.textContent = text;
  }

  /* --- text size, contrast, theme --- */
  var SIZES = ["1", "2", "3", "4"];

  function isDark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function showToggles() {
    each("[data-toggle]", function (button) {
      var on = button.dataset.toggle === "theme" ? isDark() : root.getAttribute("data-contrast") === "more";
      button.setAttribute("aria-pressed", String(on));
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.textStep) {
      var step = Number(button.dataset.textStep);
      var at = SIZES.indexOf(root.getAttribute("data-text") || "2");
      var next = SIZES[step ? Math.min(3, Math.max(0, at + step)) : 1];
      keep("text", next === "2" ? "" : next);
    } else if (button.dataset.toggle === "theme") {
      keep("theme", isDark() ? "light" : "dark");
      showToggles();
    } else if (button.dataset.toggle === "contrast") {
      keep("contrast", root.getAttribute("data-contrast") === "more" ? "" : "more");
      showToggles();
    } else if (button.dataset.action) {
      (actions[button.dataset.action] || function () {})(button);
    }
  });

  /* --- print, share, copy --- */
  function done(button) { if (button.dataset.done) { say(button.dataset.done); label(button, button.dataset.done); } }

  function label(button, text) {
    var place = button.querySelector("[data-label]") || button;
    if (!place.dataset.original) place.dataset.original = place.textContent;
    place.textContent = text || place.dataset.original;
  }

  function copyByHand(text) {
    var area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    var copied = document.execCommand("copy");
    area.remove();
    return copied ? Promise.resolve() : Promise.reject(new Error("copy refused"));
  }

  var actions = {
    print: function () { window.print(); },
    share: function (button) {
      navigator.share({ title: button.dataset.title, url: button.dataset.url }).catch(function () { /* closed by the reader */ });
    },
    copy: function (button) {
      var source = button.dataset.from && document.getElementById(button.dataset.from);
      var text = source ? source.textContent.replace(/\s+/g, " ").trim() : button.dataset.url;
      // The clipboard interface exists only over https; offices also run plain http inside.
      (navigator.clipboard ? navigator.clipboard.writeText(text) : copyByHand(text)).then(function () { done(button); }, function () {});
    }
  };

  function offer(action, possible) {
    each('[data-action="' + action + '"]', function (button) { button.hidden = !possible; });
  }

  /* --- today's date, which a cached page cannot hold --- */
  function showToday() {
    var place = document.getElementById("today");
    if (!place) return;
    var zone = "Asia/Ho_Chi_Minh";
    var now = new Date();
    if (root.lang === "en") {
      place.textContent = now.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: zone });
      return;
    }
    var weekday = now.toLocaleDateString("vi-VN", { weekday: "long", timeZone: zone });
    var day = now.toLocaleDateString("en-GB", { timeZone: zone });
    place.textContent = weekday.charAt(0).toUpperCase() + weekday.slice(1) + ", " + day;
  }

  /* --- wide tables scroll by themselves, from the keyboard too --- */
  function frameTables() {
    each(".prose table", function (table) {
      var frame = document.createElement("div");
      frame.className = "scroller";
      table.before(frame);
      frame.append(table);
      var caption = table.caption && table.caption.textContent.trim();
      new ResizeObserver(function () {
        if (frame.scrollWidth > frame.clientWidth) {
          frame.tabIndex = 0;
          frame.setAttribute("role", "region");
          frame.setAttribute("aria-label", caption || frame.closest(".prose").dataset.tableLabel || "");
        } else {
          ["tabindex", "role", "aria-label"].forEach(function (name) { frame.removeAttribute(name); });
        }
      }).observe(frame);
    });
  }

  /* --- htmx --- */
  // Vietnamese is composed letter by letter, on phones a whole word at a time. Requests may leave in the
  // middle of a composition: they only ever replace the results, never the field, so the word stays whole.
  document.addEventListener("formdata", function (event) {
    if (event.target.method !== "get") return;
    // Empty filters would only make the address longer for whoever shares it.
    Array.from(event.formData).forEach(function (field) { if (field[1] === "") event.formData.delete(field[0]); });
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    trouble("");
    var target = event.detail.elt || event.target;
    var told = target.matches && target.matches("[data-announce]") ? target : target.querySelector && target.querySelector("[data-announce]");
    if (!told) return;
    say(told.dataset.announce);
    var band = told.closest(".band");
    // On the home page the answers may begin below the window's edge.
    if (band && told.getBoundingClientRect().top > innerHeight - 160) band.scrollIntoView();
    var asked = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (asked && asked.closest(".pagination")) {
      // The link that was pressed is gone: the keyboard goes on from the new list.
      told.tabIndex = -1;
      told.focus({ preventScroll: true });
    }
  });

  /* --- how long a search took: told in a header, so that equal answers stay equal bytes --- */
  function showSearchTime(milliseconds) {
    var place = document.getElementById("search-time");
    if (!place || !isFinite(milliseconds)) return;
    var shown = milliseconds < 10 ? milliseconds.toFixed(1).replace(".", root.lang === "en" ? "." : ",") : String(Math.round(milliseconds));
    place.textContent = place.dataset.text.replace("#", shown);
  }

  function timeOfPage() {
    var navigation = performance.getEntriesByType("navigation")[0];
    var entry = navigation && (navigation.serverTiming || []).find(function (timing) { return timing.name === "search"; });
    if (entry) showSearchTime(entry.duration);
  }

  document.addEventListener("htmx:afterSettle", function (event) {
    var timing = event.detail.xhr && /search;dur=([\d.]+)/.exec(event.detail.xhr.getResponseHeader("Server-Timing") || "");
    if (timing) showSearchTime(Number(timing[1]));
  });

  function trouble(kind) {
    var place = document.getElementById("trouble");
    if (place) place.textContent = kind ? place.dataset[kind] : "";
  }

  // What a page asks by itself, every so often, fails in silence: nobody is waiting for it.
  function isQuiet(event) { return Boolean(event.detail.elt && event.detail.elt.closest("[data-quiet]")); }
  document.addEventListener("htmx:sendError", function (event) { if (!isQuiet(event)) trouble("network"); });
  document.addEventListener("htmx:timeout", function (event) { if (!isQuiet(event)) trouble("network"); });
  document.addEventListener("htmx:responseError", function (event) {
    // The count of readings is ours to lose, not the reader's: it stays silent.
    if (isQuiet(event) || (event.detail.elt && event.detail.elt.id === "view-count")) return;
    trouble(event.detail.xhr.status === 429 ? "often" : "busy");
  });

  // A page that is made ahead, in case somebody opens it, is read only once it is opened.
  document.addEventListener("htmx:beforeRequest", function (event) {
    var form = event.detail.elt;
    if (!document.prerendering || form.id !== "view-count") return;
    event.preventDefault();
    document.addEventListener("prerenderingchange", function () {
      window.htmx.ajax("POST", form.getAttribute("action"), { source: form, target: form, swap: "outerHTML" });
    }, { once: true });
  });

  function askForToolbar() {
    // The marker says only that somebody logged in here; anonymous readers never ask.
    if (!/(?:^|;\s*)dang_nhap=1/.test(document.cookie) || !document.querySelector("#toolbar:not([data-personal])")) return;
    window.htmx.ajax("GET", "/thanh-cong-cu", { target: "#toolbar", swap: "outerHTML", source: "#toolbar" });
  }

  // This file runs before htmx, so that a slow content network delays nothing here. At DOMContentLoaded htmx
  // has either run or failed; a copy that comes later starts only once the whole page is "complete".
  function whenHtmxIsReady(act) {
    document.addEventListener("DOMContentLoaded", function () {
      if (window.htmx) act();
      else if (document.readyState === "complete") loadLocalCopy(act);
      else addEventListener("load", function () { loadLocalCopy(act); });
    });
  }

  function loadLocalCopy(act) {
    var local = document.createElement("script");
    local.src = self.dataset.htmx;
    local.onload = act;
    document.head.append(local);
  }

  /* --- on a phone the menu scrolls: bring the open entry into sight --- */
  function showOpenEntry() {
    var entry = document.querySelector("#menu [aria-current]");
    var list = entry && entry.closest("ul");
    if (list) list.scrollLeft = entry.offsetLeft - list.offsetLeft - 40;
  }

  showToggles();
  showToday();
  showOpenEntry();
  frameTables();
  timeOfPage();
  if (matchMedia("(min-width: 62rem)").matches) each("details[data-open-wide]", function (part) { part.open = true; });
  offer("share", Boolean(navigator.share));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showToggles);
  addEventListener("beforeprint", function () { each("details[data-print-open]", function (part) { part.open = true; }); });
  whenHtmxIsReady(askForToolbar);
})();
