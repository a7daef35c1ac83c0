// The verify page: hands what was pasted or chosen to the verifier (WebAssembly)
// in this browser and shows what it says. The same script works in the page
// that was saved to a disk. Old syntax throughout, so that a browser that cannot
// run the verifier still gets as far as saying so.
(function () {
  "use strict";
  var form = document.getElementById("verify");
  if (!form) { return; }
  var texts = JSON.parse(form.getAttribute("data-texts"));
  var lang = form.getAttribute("data-lang-now");
  var where = form.getAttribute("data-wasm");
  var inline = document.getElementById("verify-wasm");
  var state = document.getElementById("verify-state");
  var out = document.getElementById("verify-result");
  var last = null; // what the verifier said, for showing it in the other language
  var ready = null;

  function t(key, args) {
    var text = (texts[lang] || texts.en)[key] || key;
    for (var name in args || {}) { text = text.split("{{." + name + "}}").join(args[name]); }
    return text;
  }

  function el(tag, cls, text) {
    var e = document.createElement(tag);
    if (cls) { e.className = cls; }
    if (text) { e.textContent = text; }
    return e;
  }

  function able() {
    return typeof WebAssembly === "object" && typeof Go === "function" && typeof Promise === "function" &&
      typeof TextDecoder === "function" && (!inline || typeof DecompressionStream === "function");
  }

  function bytes() {
    if (!inline) { return fetch(where).then(function (r) { return r.arrayBuffer(); }); }
    var raw = atob(inline.textContent), zipped = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) { zipped[i] = raw.charCodeAt(i); }
    return new Response(new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  // start runs the verifier once; it answers calls until the page is closed.
  function start() {
    if (!ready) {
      ready = new Promise(function (resolve) { resolve(bytes()); }).then(function (b) {
        var go = new Go();
        return WebAssembly.instantiate(b, go.importObject).then(function (r) {
          go.run(r.instance);
          if (typeof window.plumblineVerify !== "function") { throw new Error("the verifier did not start"); }
        });
      });
    }
    return ready;
  }

  function read() {
    var file = document.getElementById("f-file").files[0];
    var text = document.getElementById("f-receipt").value;
    return new Promise(function (resolve, reject) {
      if (!file) { resolve(new TextEncoder().encode(text)); return; }
      var r = new FileReader();
      r.onload = function () { resolve(new Uint8Array(r.result)); };
      r.onerror = function () { reject(r.error); };
      r.readAsArrayBuffer(file);
    });
  }

  function list(title, lines) {
    var ul = el("ul", "rc-list");
    lines.forEach(function (l) { ul.appendChild(el("li", "", l)); });
    return [el("h3", "h6", t(title)), ul];
  }

  function show() {
    out.textContent = "";
    if (last === null) { return; }
    var problem = "", signers = "", proven = [], other = [];
    last.split("\n").forEach(function (line) {
      var f = line.split("\t"), args = {};
      if (f[0] === "problem") { problem = f[1]; }
      if (f[0] === "signers") { signers = f[1]; }
      for (var i = 2; i + 1 < f.length; i += 2) { args[f[i]] = f[i + 1]; }
      if (f[0] === "+") { proven.push(t(f[1], args)); }
      if (f[0] === "-") { other.push(t(f[1], args)); }
    });
    var holds = problem === "" && proven.length > 0;
    var panel = el("section", "panel rc-verdict " + (holds ? "ok" : "bad")), body = el("div", "panel-body");
    panel.setAttribute("data-verdict", holds ? "holds" : "fails");
    body.appendChild(el("h2", "", t(holds ? "verify.holds" : "verify.fails")));
    if (holds) {
      list("verify.proven", proven).concat(list("verify.not_proven", other)).forEach(function (e) { body.appendChild(e); });
    } else {
      body.appendChild(el("p", "", t(problem === "empty" ? "verify.input_missing" : "verify.problem." + problem)));
      if (signers) { body.appendChild(el("p", "muted small", t("verify.signers", { Names: signers }))); }
    }
    body.appendChild(el("p", "muted small", t(inline ? "verify.saved.lead" : "verify.local")));
    panel.appendChild(body);
    out.appendChild(panel);
    panel.scrollIntoView({ block: "nearest" });
  }

  // without the verifier the site's form goes to the server; a saved page can
  // only say that this browser is too old.
  function fallBack() {
    state.textContent = "";
    if (!inline) { form.submit(); return; }
    out.textContent = "";
    var note = el("div", "note bad");
    note.appendChild(el("div", "", t("verify.old")));
    out.appendChild(note);
  }

  form.addEventListener("submit", function (e) {
    if (!inline && !able()) { return; }
    e.preventDefault();
    if (!able()) { fallBack(); return; }
    state.textContent = t(window.plumblineVerify ? "verify.working" : "verify.loading");
    start().then(read, function () { fallBack(); return null; }).then(function (data) {
      if (data === null) { return; }
      last = data.length === 0 ? "problem\tempty\n" : window.plumblineVerify(data, document.getElementById("f-keys").value);
      state.textContent = "";
      show();
    }, function () { last = "problem\tunreadable\n"; state.textContent = ""; show(); });
  });

  Array.prototype.forEach.call(document.querySelectorAll("[data-lang]"), function (b) {
    b.addEventListener("click", function () {
      lang = b.getAttribute("data-lang");
      document.documentElement.lang = lang;
      document.title = t("verify.saved");
      Array.prototype.forEach.call(document.querySelectorAll("[data-t]"), function (x) { x.textContent = t(x.getAttribute("data-t"), { ID: x.getAttribute("data-id") }); });
      show();
    });
  });
})();
