"use strict";

const $ = (id) => document.getElementById(id);
const make = (tag, props = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};

let model;          // what GET /api/model says
let picture = null; // {id, source, width, height}: the picture that is shown
let answer = null;  // what the server said of it last

// say puts a line below the picture.
function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

// ask sends a request, and waits where the server is busy.
async function ask(path, options = {}) {
  for (let tries = 0; ; tries++) {
    const r = await fetch(path, options);
    if (r.status === 503 && tries < 20) {
      await new Promise((done) => setTimeout(done, 1000 * Number(r.headers.get("Retry-After") || 1)));
      continue;
    }
    if (r.ok) return r.status === 204 ? null : r.json();
    let why = r.statusText;
    try { why = (await r.json()).error; } catch { /* an answer without words */ }
    throw Object.assign(new Error(why), { status: r.status });
  }
}

// settings are the values of the controls, as the server takes them.
function settings() {
  const q = new URLSearchParams();
  if (!answer) return q;
  q.set("class", answer.class);
  q.set("threshold", $("auto").checked ? model.threshold : $("threshold").value);
  q.set("rule", $("all").checked ? "all" : "largest");
  const deltas = [...$("deltas").querySelectorAll("input")].map((i) => i.value);
  if (deltas.length) q.set("delta", deltas.join(","));
  return q;
}

const path = (rest, q) => `api/pictures/${picture.id}${rest}?${q}`;

// open shows a picture: a blob that the user gave, or the number of a sample.
async function open(source) {
  say("looking …");
  try {
    const wanted = typeof source === "number"
      ? ask(`api/samples/${source}`, { method: "POST" })
      : ask("api/pictures", { method: "POST", body: source });
    const a = await wanted;
    const before = picture;
    picture = { id: a.id, source, width: a.width, height: a.height };
    if (before) ask(`api/pictures/${before.id}`, { method: "DELETE" }).catch(() => {});
    show(a, true);
    say("");
  } catch (e) {
    say(e.message, true);
  }
}

// reopen sends a picture again that the server keeps no more.
async function reopen() {
  const a = typeof picture.source === "number"
    ? await ask(`api/samples/${picture.source}`, { method: "POST" })
    : await ask("api/pictures", { method: "POST", body: picture.source });
  picture.id = a.id;
}

let asking = false, again = false;

// retry asks with the present settings; while an answer is awaited, once more after it.
async function retry(change = {}) {
  if (!picture) return;
  if (change.class !== undefined) answer.class = change.class;
  if (asking) { again = true; return; }
  asking = true;
  try {
    do {
      again = false;
      let a;
      try {
        a = await ask(path("", settings()));
      } catch (e) {
        if (e.status !== 404) throw e;
        await reopen();
        a = await ask(path("", settings()));
      }
      show(a, false);
    } while (again);
    say("");
  } catch (e) {
    say(e.message, true);
  } finally {
    asking = false;
  }
}

// show puts an answer on the page; the controls follow it where it is of a new picture.
function show(a, fresh) {
  const classBefore = answer && answer.class;
  answer = a;
  $("stage").classList.remove("empty");
  $("right").hidden = false;
  if (fresh) {
    $("auto").checked = true;
    $("all").checked = a.rule === "all";
    showDeltas(a.deltas);
  }
  if ($("auto").checked) {
    setRange("threshold", a.cut);
    const who = { val: "chosen on val", stated: "the recipe's", none: "found on each map" }[a.threshold_from];
    $("autofrom").textContent = `the model's: ${a.threshold}, ${who}`;
  }
  if (fresh || classBefore !== a.class || !$("likely").querySelector(`input[value="${a.class}"]`)) showClasses(a);
  for (const radio of $("likely").querySelectorAll("input")) radio.checked = Number(radio.value) === a.class;
  showLayers();
  showBoxes(a);
}

function setRange(id, value) {
  $(id).value = value;
  $(id).nextElementSibling.textContent = Number(value).toFixed(2);
}

function showClasses(a) {
  $("likely").replaceChildren(...a.classes.map((c) => {
    const radio = make("input", { type: "radio", name: "class", value: c.index });
    radio.addEventListener("change", () => retry({ class: c.index }));
    const bar = make("span", { className: "bar" });
    bar.style.width = `${100 * c.probability}%`;
    return make("label", {}, radio, make("span", { className: "name", textContent: c.name }),
      make("span", { className: "share", textContent: `${(100 * c.probability).toFixed(1)} %` }), bar);
  }));
}

function showDeltas(values) {
  $("erasing").hidden = values.length === 0;
  $("deltas").replaceChildren(...values.map((v, i) => {
    const range = make("input", { type: "range", min: 0, max: 1, step: 0.01, value: v, id: `delta${i + 1}` });
    const shown = make("output", { textContent: v.toFixed(2) });
    range.addEventListener("input", () => { shown.textContent = Number(range.value).toFixed(2); retry(); });
    return make("label", { className: "row" }, values.length > 1 ? `delta ${i + 1}` : "delta", range, shown);
  }));
}

// showLayers shows the photo, and the map that is chosen over it.
function showLayers() {
  const [kind, branch] = $("layer").value.split(":");
  const q = settings();
  const photo = kind === "erased"
    ? path("/erased.jpg", new URLSearchParams([...q, ["branch", branch]])) : path("/photo.jpg", "");
  load($("photo"), photo);
  $("photo").alt = `the picture${kind === "erased" ? " with what is erased struck out" : ""}`;
  $("map").hidden = kind !== "map";
  if (kind === "map") {
    q.set("branch", branch);
    q.set("colormap", $("colormap").value);
    q.delete("threshold");
    q.delete("rule");
    load($("map"), path("/map.png", q));
    $("map").style.opacity = $("opacity").value;
  }
  const save = settings();
  save.set("colormap", $("colormap").value);
  save.set("opacity", $("opacity").value);
  $("saveoverlay").href = path("/overlay.png", save);
  $("savepanel").href = path("/panel.png", save);
}

// load changes a picture when the new one is there, so that nothing flickers.
function load(img, address) {
  if (img.dataset.wanted === address) { img.hidden = false; return; }
  img.dataset.wanted = address;
  const next = new Image();
  next.onload = () => {
    if (img.dataset.wanted === address) { img.src = next.src; img.hidden = false; }
  };
  next.onerror = () => { if (img.dataset.wanted === address) delete img.dataset.wanted; };
  next.src = address;
}

function showBoxes(a) {
  const svg = $("boxes");
  svg.setAttribute("viewBox", `0 0 ${a.width} ${a.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.replaceChildren(...a.boxes.flatMap((b) => ["dark", "light"].map((tone) => {
    const r = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [k, v] of Object.entries({ x: b.x0, y: b.y0, width: b.x1 - b.x0 + 1, height: b.y1 - b.y0 + 1 })) r.setAttribute(k, v);
    r.setAttribute("class", tone);
    return r;
  })));
  $("found").replaceChildren(...a.boxes.map((b) => make("tr", {},
    ...[b.x0, b.y0, b.x1, b.y1, b.score.toFixed(2)].map((v) => make("td", { textContent: v })))));
  $("notes").textContent = [...(a.notes || [])].join("; ");
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied`);
  } catch {
    say("the browser does not let this page copy", true);
  }
}

// choose opens the first picture of what was dropped, pasted or chosen.
function choose(files) {
  const file = [...files].find((f) => f.type.startsWith("image/")) || files[0];
  if (!file) return;
  if (file.size > model.max_bytes) { say(`the picture is larger than ${model.max_bytes >> 20} MiB`, true); return; }
  open(file);
}

function listen() {
  $("file").addEventListener("change", () => { choose($("file").files); $("file").value = ""; });
  $("again").addEventListener("click", () => $("file").click());
  for (const kind of ["dragenter", "dragover"]) {
    addEventListener(kind, (e) => { e.preventDefault(); $("stage").classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) addEventListener(kind, () => $("stage").classList.remove("over"));
  addEventListener("drop", (e) => { e.preventDefault(); choose(e.dataTransfer.files); });
  addEventListener("paste", (e) => choose(e.clipboardData.files));
  $("threshold").addEventListener("input", () => {
    setRange("threshold", $("threshold").value);
    $("auto").checked = false;
    retry();
  });
  $("auto").addEventListener("change", () => retry());
  $("all").addEventListener("change", () => retry());
  $("opacity").addEventListener("input", () => {
    setRange("opacity", $("opacity").value);
    $("map").style.opacity = $("opacity").value;
  });
  $("opacity").addEventListener("change", () => { if (picture) showLayers(); });
  for (const id of ["layer", "colormap"]) $(id).addEventListener("change", () => { if (picture) showLayers(); });
  $("reset").addEventListener("click", () => { showDeltas(model.deltas); retry(); });
  $("other").addEventListener("change", async () => {
    const text = $("other").value.trim();
    const at = model.classes.indexOf(text);
    const index = at >= 0 ? at : /^\d+$/.test(text) ? Number(text) : -1;
    if (index < 0 || index >= model.classes.length) { say(`there is no class ${text}`, true); return; }
    await retry({ class: index });
    $("other").value = "";
  });
  $("copybox").addEventListener("click", () => copy(
    answer.boxes.map((b) => [b.x0, b.y0, b.x1, b.y1].join(",")).join("\n"), "boxes"));
  $("copyjson").addEventListener("click", () => copy(JSON.stringify(answer, null, 2), "JSON"));
}

async function begin() {
  try {
    model = await ask("api/model");
  } catch (e) {
    say(e.message, true);
    return;
  }
  document.title = `acol: ${model.model}`;
  $("model").textContent = `${model.model}, ${model.classes.length} classes, branches ${model.branches}`;
  $("layer").append(make("option", { value: "map:0", textContent: model.branches.length > 1 ? "fused map" : "class activation map" }));
  if (model.branches.length > 1) {
    [...model.branches].forEach((kind, i) => {
      $("layer").append(make("option", { value: `map:${i + 1}`, textContent: `branch ${i + 1} (${kind})` }));
      if (i) $("layer").append(make("option", { value: `erased:${i + 1}`, textContent: `erased for branch ${i + 1}` }));
    });
  }
  $("layer").append(make("option", { value: "none", textContent: "picture alone" }));
  $("colormap").append(...model.colormaps.map((c) => make("option", { value: c, textContent: c })));
  $("colormap").value = model.colormap;
  setRange("opacity", model.opacity);
  $("names").append(...model.classes.map((c) => make("option", { value: c })));
  $("samples").append(...model.samples.map((s, i) => {
    const b = make("button", { type: "button", title: s.name },
      make("img", { src: `api/samples/${i}/photo.jpg`, alt: "", loading: "lazy" }), s.class || s.name);
    b.addEventListener("click", () => open(i));
    return b;
  }));
  listen();
}

begin();
