// The keyboard on the search page: down from the field into the hits, up and down among them, back with Escape.
(function () {
  "use strict";
  var field = document.getElementById("q");
  if (!field) return;

  function links() { return Array.from(document.querySelectorAll("#search-results .hit .title-link, #search-results .suggestion")); }

  document.addEventListener("keydown", function (event) {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    var all = links();
    var at = all.indexOf(document.activeElement);
    var next = null;
    if (document.activeElement === field) next = event.key === "ArrowDown" ? all[0] : null;
    else if (at >= 0 && event.key === "ArrowDown") next = all[at + 1];
    else if (at >= 0 && event.key === "ArrowUp") next = at ? all[at - 1] : field;
    else if (at >= 0 && event.key === "Escape") next = field;
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  // The filters come with each answer: as open as they were, and on a wide window always.
  var isOpen = matchMedia("(min-width: 62rem)").matches;
  document.addEventListener("toggle", function (event) {
    if (event.target.matches && event.target.matches(".facets")) isOpen = event.target.open;
  }, true);
  document.addEventListener("htmx:afterSwap", function () {
    var part = document.querySelector("#search-results .facets");
    if (part) part.open = isOpen;
  });
})();
