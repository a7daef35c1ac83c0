// Saves each answer of a self-check as it is given. The form works without this
// file; the save buttons write the same drafts.
(function () {
  "use strict";
  var form = document.getElementById("sc-form");
  var status = document.getElementById("sc-status");
  if (!form || !status || !window.XMLHttpRequest) return;
  var url = form.getAttribute("data-item-url");
  var waiting = {}; // item number -> timer
  var sending = {}; // item number -> true while under way
  var again = {};   // item number -> changed while under way
  var unsaved = {};

  function say(word) { status.textContent = status.getAttribute("data-" + word) || ""; }
  function item(no) { return form.querySelector("[data-item='" + no + "']"); }

  function encode(box, no) {
    var token = form.querySelector("input[name=form_token]");
    var parts = ["form_token=" + encodeURIComponent(token ? token.value : "")];
    box.querySelectorAll("input, textarea, select").forEach(function (f) {
      if (!f.name || ((f.type === "radio" || f.type === "checkbox") && !f.checked)) return;
      parts.push(encodeURIComponent(f.name) + "=" + encodeURIComponent(f.value));
    });
    return parts.join("&");
  }

  function save(no) {
    var box = item(no);
    if (!box) return;
    if (sending[no]) { again[no] = true; return; }
    sending[no] = true;
    say("saving");
    var x = new XMLHttpRequest();
    x.open("POST", url + no);
    x.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    x.setRequestHeader("Accept", "application/json");
    x.onload = function () {
      sending[no] = false;
      var answer = null;
      try { answer = JSON.parse(x.responseText); } catch (e) { answer = null; }
      if (x.status === 200 && answer) {
        box.querySelector("[data-seq]").value = answer.seq;
        box.querySelector("[data-was]").value = answer.was;
        delete unsaved[no];
        if (again[no]) { delete again[no]; save(no); return; }
        say(Object.keys(unsaved).length ? "unsaved" : "saved");
      } else if (x.status === 409) {
        say("moved");
      } else {
        unsaved[no] = true;
        say("unsaved");
      }
    };
    x.onerror = x.ontimeout = function () { sending[no] = false; unsaved[no] = true; say("unsaved"); };
    x.timeout = 20000;
    x.send(encode(box, no));
  }

  function later(e) {
    var box = e.target.closest && e.target.closest("[data-item]");
    if (!box) return;
    var no = box.getAttribute("data-item");
    clearTimeout(waiting[no]);
    waiting[no] = setTimeout(function () { save(no); }, e.type === "input" ? 1500 : 150);
  }
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", function () {
    Object.keys(waiting).forEach(function (no) { clearTimeout(waiting[no]); });
  });
  function retry() { Object.keys(unsaved).forEach(function (no) { save(no); }); }
  window.addEventListener("online", retry);
  setInterval(retry, 15000);
})();
