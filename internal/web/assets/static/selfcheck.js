// Saves each answer of a self-check as it is given. The form works without this
// file; the save buttons write the same drafts.
(function () {
  "use strict";
  var form = document.getElementById("sc-form");
  var status = document.getElementById("sc-status");
  if (!form || !status || !window.XMLHttpRequest) return;
  var url = form.getAttribute("data-item-url");
  var waiting = {}; // item number -> timer until it is sent
  var sending = {}; // item number -> true while under way
  var again = {};   // item number -> changed while under way
  var unsaved = {}; // item number -> could not be sent
  var moved = false; // another device was faster
  var pressed = null; // the button that was last pressed
  var leaving = false; // the form is to be sent when nothing is under way
  var gone = false;    // the form has been sent

  function any(set) { return Object.keys(set).length > 0; }
  function item(no) { return form.querySelector("[data-item='" + no + "']"); }

  // say tells how it stands. "Saved" is a promise: it stands only while the
  // site has everything.
  function say() {
    var word = moved ? "moved" : any(unsaved) ? "unsaved" : any(waiting) || any(sending) ? "saving" : "saved";
    status.textContent = status.getAttribute("data-" + word) || "";
  }

  function encode(box) {
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
    say();
    var x = new XMLHttpRequest();
    x.open("POST", url + no);
    x.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    x.setRequestHeader("Accept", "application/json");
    x.onload = function () {
      var answer = null;
      try { answer = JSON.parse(x.responseText); } catch (e) { answer = null; }
      delete sending[no];
      if (x.status === 200 && answer) {
        box.querySelector("[data-seq]").value = answer.seq;
        box.querySelector("[data-was]").value = answer.was;
        delete unsaved[no];
      } else if (x.status === 409) {
        moved = true;
      } else {
        unsaved[no] = true;
      }
      settled(no);
    };
    x.onerror = x.ontimeout = function () {
      delete sending[no];
      unsaved[no] = true;
      settled(no);
    };
    x.timeout = 20000;
    x.send(encode(box));
  }

  function settled(no) {
    if (again[no] && !unsaved[no] && !leaving) { delete again[no]; save(no); return; }
    delete again[no];
    say();
    if (leaving && !any(sending)) leave();
  }

  function later(e) {
    var box = e.target.closest && e.target.closest("[data-item]");
    if (!box) return;
    var no = box.getAttribute("data-item");
    clearTimeout(waiting[no]);
    waiting[no] = setTimeout(function () { delete waiting[no]; save(no); }, e.type === "input" ? 1500 : 150);
    say();
  }
  form.addEventListener("input", later);
  form.addEventListener("change", later);

  // The form carries every answer of the page. It waits for those under way, or
  // it would meet them on the site as if another device had been faster.
  form.addEventListener("click", function (e) {
    var b = e.target.closest && e.target.closest("button");
    if (b) pressed = b;
  });
  form.addEventListener("submit", function (e) {
    Object.keys(waiting).forEach(function (no) { clearTimeout(waiting[no]); });
    waiting = {};
    if (leaving) { e.preventDefault(); return; }
    if (!any(sending)) { gone = true; return; }
    e.preventDefault();
    leaving = true;
    setTimeout(leave, 5000);
  });
  function leave() {
    if (!leaving) return;
    leaving = false;
    gone = true;
    var what = document.createElement("input"); // a form sent by a script names no button
    what.type = "hidden";
    what.name = "do";
    what.value = pressed && pressed.name === "do" ? pressed.value : "next";
    form.appendChild(what);
    form.submit();
    form.removeChild(what);
  }
  window.addEventListener("pageshow", function () { gone = false; });

  // Whoever goes elsewhere takes along what was not sent yet, or not answered.
  window.addEventListener("pagehide", function () {
    if (gone || !navigator.sendBeacon) return;
    var left = {};
    [waiting, sending, unsaved].forEach(function (set) { Object.keys(set).forEach(function (no) { left[no] = true; }); });
    Object.keys(left).forEach(function (no) {
      var box = item(no);
      if (!box) return;
      var seq = box.querySelector("[data-seq]");
      if (sending[no]) seq.value = Number(seq.value) + 1; // after the one under way, whichever arrives first
      navigator.sendBeacon(url + no, new Blob([encode(box)], { type: "application/x-www-form-urlencoded" }));
    });
  });

  function retry() { Object.keys(unsaved).forEach(function (no) { save(no); }); }
  window.addEventListener("online", retry);
  setInterval(retry, 15000);
})();
