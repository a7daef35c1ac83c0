// Small improvements over plain forms; every page works without this file.
(function () {
  "use strict";
  // A double tap sends a form once. The buttons come back when the page does.
  document.addEventListener("submit", function (e) {
    var form = e.target;
    if (e.defaultPrevented || form.hasAttribute("data-many")) return;
    if (form.getAttribute("aria-busy") === "true") { e.preventDefault(); return; }
    form.setAttribute("aria-busy", "true");
    setTimeout(function () { form.removeAttribute("aria-busy"); }, 8000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[aria-busy]").forEach(function (f) { f.removeAttribute("aria-busy"); });
  });
  document.addEventListener("click", function (e) {
    var b = e.target.closest && e.target.closest("[data-print]");
    if (b) { window.print(); }
  });
  // One box ticks all boxes of the form with the given name.
  document.addEventListener("change", function (e) {
    var all = e.target.getAttribute && e.target.getAttribute("data-select-all");
    if (!all || !e.target.form) return;
    e.target.form.querySelectorAll("input[type=checkbox][name='" + all + "']").forEach(function (c) {
      if (!c.disabled) c.checked = e.target.checked;
    });
  });
  // A part shown only while a box or radio is chosen: data-shows="id" on the control.
  function shows() {
    document.querySelectorAll("[data-shows]").forEach(function (c) {
      var part = document.getElementById(c.getAttribute("data-shows"));
      if (part) part.hidden = !c.checked;
    });
  }
  document.addEventListener("change", shows);
  shows();
  // A row of tabs that is wider than the screen begins at the current one.
  document.querySelectorAll(".tabs a[aria-current]").forEach(function (a) {
    var row = a.closest(".tabs");
    row.scrollLeft += a.getBoundingClientRect().left - row.getBoundingClientRect().left - 16;
  });
  // A table that fits needs no stop for the keyboard to scroll it.
  function stops() {
    document.querySelectorAll(".tbl-scroll").forEach(function (d) {
      if (d.scrollWidth > d.clientWidth) d.setAttribute("tabindex", "0"); else d.removeAttribute("tabindex");
    });
  }
  window.addEventListener("resize", stops);
  stops();
  // The error summary takes the focus, so that a reader hears it first.
  var problems = document.getElementById("problems");
  if (problems) problems.focus();
})();
