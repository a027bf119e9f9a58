// Moving what is scheduled by dragging it, or with the arrow keys on “Dời lịch”. Without this file
// the same link opens a page with day and hour.
(function () {
  "use strict";
  var going = null; // what the arrow keys are moving: {link, day}
  var moved = ""; // the text that was sent, for the keyboard to go on from
  var dragged = null;

  function calendar() { return document.getElementById("calendar"); }
  function dialog() { return document.getElementById("move-dialog"); }
  function closest(event, selector) {
    return event.target instanceof Element ? event.target.closest(selector) : null;
  }

  function mark(day) {
    document.querySelectorAll("#calendar .is-target").forEach(function (cell) { cell.classList.remove("is-target"); });
    var cell = day && document.querySelector('#calendar td[data-day="' + day + '"]');
    if (cell) cell.classList.add("is-target");
  }

  function hint(text) {
    var place = document.getElementById("move-hint");
    if (place) place.textContent = text;
  }

  // Days are counted in UTC, where none is shorter than another.
  function later(day, days) {
    var date = new Date(day + "T00:00:00Z");
    date.setUTCDate(date.getUTCDate() + days);
    return date.toISOString().slice(0, 10);
  }

  function label(day) {
    var weekday = calendar().dataset.weekdays.split("|")[(new Date(day + "T00:00:00Z").getUTCDay() + 6) % 7];
    return weekday + " " + day.split("-").reverse().join("/");
  }

  function send(entry, day) {
    var form = document.getElementById("drag-form");
    form.elements.bai.value = moved = entry.dataset.movable;
    form.elements.seen.value = entry.dataset.seen;
    form.elements.day.value = day;
    form.requestSubmit();
  }

  function giveUp() {
    going = null;
    mark("");
    hint("");
  }

  // --- with the keyboard
  var STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  document.addEventListener("keydown", function (event) {
    var link = closest(event, "[data-move]");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    var entry = link.closest("[data-movable]");
    if (STEPS[event.key]) {
      going = { link: link, day: later(going ? going.day : entry.dataset.on, STEPS[event.key]) };
      mark(going.day);
      hint(calendar().dataset.hint.replace("#", label(going.day)));
    } else if (event.key === "Enter" && going) {
      var day = going.day;
      giveUp();
      if (day !== entry.dataset.on) send(entry, day);
    } else if (event.key === "Escape" && going) giveUp();
    else return;
    event.preventDefault();
  });
  document.addEventListener("focusout", function (event) {
    if (going && event.target === going.link) giveUp();
  });

  // --- by dragging
  function makeDraggable() {
    document.querySelectorAll("#calendar td [data-movable]").forEach(function (entry) { entry.draggable = true; });
  }

  document.addEventListener("dragstart", function (event) {
    dragged = closest(event, "[data-movable]");
    if (!dragged) return;
    event.dataTransfer.setData("text/plain", dragged.dataset.movable);
    event.dataTransfer.effectAllowed = "move";
    dragged.classList.add("is-dragged");
  });
  document.addEventListener("dragover", function (event) {
    var cell = dragged && closest(event, "#calendar td[data-day]");
    if (!cell) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    mark(cell.dataset.day);
  });
  document.addEventListener("drop", function (event) {
    var cell = dragged && closest(event, "#calendar td[data-day]");
    if (!cell) return;
    event.preventDefault();
    mark("");
    if (cell.dataset.day !== dragged.dataset.on) send(dragged, cell.dataset.day);
  });
  document.addEventListener("dragend", function () {
    if (dragged) dragged.classList.remove("is-dragged");
    dragged = null;
    mark("");
  });

  // --- in the dialog
  document.addEventListener("submit", function (event) {
    if (event.target.id === "move-form") moved = event.target.elements.bai.value;
  });
  document.addEventListener("click", function (event) {
    var link = closest(event, "[data-close-dialog]");
    if (!link || !dialog() || !dialog().open) return;
    event.preventDefault();
    dialog().close();
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    var asked = event.detail.requestConfig;
    var isForm = event.detail.target && event.detail.target.id === "move-form";
    if (isForm && asked && asked.verb === "get" && dialog() && !dialog().open) dialog().showModal();
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (!event.detail.target || event.detail.target.id !== "calendar") return;
    going = null;
    if (dialog() && dialog().open) dialog().close();
    makeDraggable();
  });
  // Only now do the new links answer to the keyboard: before, Enter would lead away to a page.
  document.addEventListener("htmx:afterSettle", function (event) {
    if (!moved || !event.detail.target || event.detail.target.id !== "calendar") return;
    var links = document.querySelectorAll('#calendar [data-movable="' + CSS.escape(moved) + '"] [data-move]');
    var link = Array.from(links).find(function (candidate) { return candidate.offsetParent; });
    moved = "";
    if (link) link.focus();
  });

  makeDraggable();
})();
