// What of mdBook's own script a reader misses: the button that shows and hides the list of chapters.
// Debian's mdBook is built without that script, and its pages ask for it.
"use strict";
(function () {
  const box = document.getElementById("sidebar-toggle-anchor");
  if (!box) return;
  box.addEventListener("change", function () {
    document.documentElement.classList.toggle("sidebar-visible", box.checked);
    try {
      localStorage.setItem("mdbook-sidebar", box.checked ? "visible" : "hidden");
    } catch {
      // A browser that keeps nothing shows the list as it does at first.
    }
  });
})();
