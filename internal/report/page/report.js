"use strict";
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const make = (tag, props = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};
const words = {
  right: "right", wrong_class: "wrong class", several_objects: "several objects", part_only: "a part only",
  too_large: "too large", background: "background", other: "other",
};
const className = (k) => data.classes[k] ?? (k < 0 ? "none" : `class ${k}`);
const labels = (image) => image.labels ?? [image.class];
const isRight = (image, shot) => labels(image).includes(shot.guess);
const ended = (image, shot) => shot.ending || (isRight(image, shot) ? "right" : "wrong_class");
const run = () => Number($("run").value);

// value orders images: wrong classes are worst, then those with the smallest IoU.
function value(image) {
  const s = image.shots[run()];
  if (!s) return 3;
  return (isRight(image, s) ? 1 : 0) + (s.iou ?? 0);
}

// picture is a photograph with a layer and boxes over it.
function picture(image, layer, boxes, struck) {
  const p = make("div", { className: "picture" });
  p.style.aspectRatio = `${image.w} / ${image.h}`;
  p.append(make("img", { src: `data:image/jpeg;base64,${image.photo}`, alt: "", loading: "lazy" }));
  if (layer) {
    const map = make("img", { src: `data:image/png;base64,${layer}`, alt: "", className: struck ? "erased" : "map" });
    if (!struck) map.style.opacity = $("opacity").value;
    p.append(map);
  }
  if (boxes && $("showboxes").checked) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${image.w} ${image.h}`);
    svg.setAttribute("preserveAspectRatio", "none");
    const add = (b, kind) => {
      const r = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const at = { x: b[0], y: b[1], width: b[2] - b[0] + 1, height: b[3] - b[1] + 1, class: kind };
      for (const [k, v] of Object.entries(at)) r.setAttribute(k, v);
      svg.append(r);
    };
    for (const b of image.truth ?? []) { add(b, "dark"); add(b, "true"); }
    if (boxes.box) { add(boxes.box, "dark"); add(boxes.box, "found"); }
    p.append(svg);
  }
  return p;
}

const percent = (v) => `${(100 * v).toFixed(0)}\u00a0%`;

// said are the lines of words on an image and what a run saw in it.
function said(image, shot) {
  const truth = labels(image).map(className).join(", ");
  if (!shot) return [make("div", { textContent: truth }), make("div", { textContent: "not measured" })];
  const right = isRight(image, shot);
  const lines = [make("div", { textContent: truth })];
  if (!right) lines.push(make("div", { className: "bad", textContent: `seen as ${className(shot.guess)} ${percent(shot.p)}` }));
  const parts = [];
  if (shot.iou !== undefined) parts.push(`IoU ${shot.iou.toFixed(2)}`);
  if (shot.ending) parts.push(words[shot.ending] ?? shot.ending);
  if (parts.length) lines.push(make("div", { textContent: parts.join(", ") }));
  return lines;
}

let shown = [], drawn = 0;
const page = 48;

// choose filters and orders the images, and shows the first of them.
function choose() {
  const k = run();
  const differ = $("differ").checked;
  shown = data.images.filter((image) => {
    const s = image.shots[k];
    if ($("class").value !== "" && !labels(image).includes(Number($("class").value))) return false;
    if (!s) return $("ending").value === "" && $("right").value === "" && !differ;
    if ($("ending").value !== "" && ended(image, s) !== $("ending").value) return false;
    if ($("right").value !== "" && isRight(image, s) !== ($("right").value === "right")) return false;
    return !differ || new Set(image.shots.map((o) => o && ended(image, o))).size > 1;
  });
  const order = $("order").value;
  if (order !== "split") shown.sort((a, b) => (value(a) - value(b)) * (order === "worst" ? 1 : -1));
  $("count").textContent = `${shown.length} of ${data.images.length} images`;
  $("cards").replaceChildren();
  drawn = 0;
  fill();
}

// fill adds cards until the end of the page is out of sight.
function fill() {
  do more(); while (drawn < shown.length && $("more").getBoundingClientRect().top < innerHeight + 600);
}

// more adds a page of cards; further ones come when the end is near.
function more() {
  for (const image of shown.slice(drawn, drawn + page)) {
    const at = drawn++;
    const s = image.shots[run()];
    const card = make("button", { type: "button", className: "card", title: image.id },
      picture(image, s?.fused, s), make("div", { className: "words" }, ...said(image, s)));
    card.addEventListener("click", () => open(at));
    $("cards").append(card);
  }
}

let at = 0;

// open shows everything of one image.
function open(index) {
  if (index < 0 || index >= shown.length) return;
  at = index;
  const image = shown[index];
  const parts = [make("h3", { textContent: `${image.id}: ${labels(image).map(className).join(", ")}` })];
  image.shots.forEach((s, k) => {
    const { name, branches } = data.runs[k];
    if (!s) return;
    const line = [`${className(s.guess)} ${percent(s.p)}`, `cut at ${s.cut.toFixed(2)} of the maximum`];
    if (s.box) line.push(`box ${s.box.join(", ")}`);
    if (s.iou !== undefined) line.push(`IoU ${s.iou.toFixed(3)}`);
    if (s.ending) line.push(words[s.ending] ?? s.ending);
    const figure = (caption, ...p) => make("figure", {}, picture(image, ...p), make("figcaption", { textContent: caption }));
    const layers = [figure("image", null, null)];
    (s.maps ?? []).forEach((m, i) => {
      if (i) layers.push(figure(`erased for branch ${i + 1}`, s.erased[i - 1], null, true));
      layers.push(figure(`branch ${i + 1} (${branches[i]})`, m, null));
    });
    layers.push(figure(s.maps ? "fused, with boxes" : "map, with boxes", s.fused, s));
    if (data.runs.length > 1) parts.push(make("h3", { textContent: name }));
    parts.push(make("p", { textContent: line.join(", ") }), make("div", { className: "layers" }, ...layers));
  });
  $("inside").replaceChildren(...parts);
  $("before").disabled = index === 0;
  $("after").disabled = index === shown.length - 1;
  if (!$("big").open) $("big").showModal();
}

$("run").append(...data.runs.map((r, i) => make("option", { value: i, textContent: r.name })));
$("run").parentElement.hidden = $("differlabel").hidden = data.runs.length < 2;
const present = [...new Set(data.images.flatMap(labels))].sort((a, b) => a - b);
$("class").append(...present.map((k) => make("option", { value: k, textContent: className(k) })));
$("ending").append(...data.endings.map((e) => make("option", { value: e, textContent: words[e] ?? e })));
for (const id of ["run", "order", "class", "ending", "right", "differ", "showboxes"]) $(id).addEventListener("change", choose);
$("controls").addEventListener("submit", (e) => e.preventDefault());
$("opacity").addEventListener("input", () => {
  for (const map of document.querySelectorAll("img.map")) map.style.opacity = $("opacity").value;
});
$("before").addEventListener("click", () => open(at - 1));
$("after").addEventListener("click", () => open(at + 1));
$("close").addEventListener("click", () => $("big").close());
$("big").addEventListener("keydown", (e) => {
  if (e.key === "ArrowLeft") open(at - 1);
  if (e.key === "ArrowRight") open(at + 1);
});
new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting)) fill(); }, { rootMargin: "600px" }).observe($("more"));
choose();
