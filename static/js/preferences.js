// Runs before the first paint, so that a reader's own text size and colours never flash or shift.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  try {
    ["text", "contrast", "theme"].forEach(function (name) {
      var value = localStorage.getItem("hien-thi." + name);
      if (value) root.setAttribute("data-" + name, value);
    });
  } catch (error) { /* storage is switched off: the defaults serve */ }
})();
