(function () {
  "use strict";
  var root = document.documentElement;
  var tools = document.querySelector(".tools");
  var theme = document.getElementById("theme");
  var unfold = document.getElementById("unfold");
  var prefers = window.matchMedia("(prefers-color-scheme: dark)");

  function kept() {
    // A file opened from disk may have no storage.
    try { return localStorage.getItem("greenshift-theme"); } catch (error) { return null; }
  }
  function keep(name) {
    try { localStorage.setItem("greenshift-theme", name); } catch (error) { /* shown, and not kept */ }
  }
  function isDark() {
    return (root.dataset.theme || (prefers.matches ? "dark" : "light")) === "dark";
  }
  function tell() {
    theme.textContent = isDark() ? "light" : "dark";
    theme.setAttribute("aria-label", "Show the page " + theme.textContent);
  }
  if (kept() === "dark" || kept() === "light") { root.dataset.theme = kept(); }
  theme.addEventListener("click", function () {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep(root.dataset.theme);
    tell();
  });
  prefers.addEventListener("change", tell);

  function all() { return Array.prototype.slice.call(document.querySelectorAll("details")); }
  function setAll(open) { all().forEach(function (one) { one.open = open; }); }
  unfold.addEventListener("click", function () {
    var open = unfold.textContent === "open all";
    setAll(open);
    unfold.textContent = open ? "close all" : "open all";
  });
  function openTarget() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; }
  }
  window.addEventListener("hashchange", openTarget);

  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = all().filter(function (one) { return !one.open; });
    setAll(true);
  });
  window.addEventListener("afterprint", function () { closed.forEach(function (one) { one.open = false; }); });

  tell();
  openTarget();
  tools.hidden = false;
})();
