// The document, built without markup: what somebody wrote only ever becomes text.

export const by = (id) => document.getElementById(id);

// An element with attributes (a function becomes a listener, `text` its text) and children (nodes or text).
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (name === "text") node.textContent = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

// The children in place of what was there.
export function fill(node, ...children) {
  while (node.firstChild) node.firstChild.remove();
  for (const child of children) if (child) node.append(child);
}

// One step of the page, and no other; its heading is read out. Gives the step.
export function show(id) {
  for (const step of document.querySelectorAll("main > section")) step.hidden = step.id !== id;
  const step = by(id);
  const heading = step.querySelector("h1, h2");
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  window.scrollTo(0, 0);
  return step;
}

// A sentence where it can be seen and is read out; an empty one goes.
export function say(id, sentence) {
  const place = by(id);
  place.textContent = sentence;
  place.hidden = !sentence;
  if (sentence && place.scrollIntoView) place.scrollIntoView({ block: "nearest" });
}

// A file's name as it may be shown and saved: no signs that turn the writing round, none that name a folder.
export const nameOf = (name) =>
  Array.from(name.replace(/[\p{C}\p{Z}/\\:*?"<>|]+/gu, " ").trim()).slice(-60).join("") || "file";

// Bytes or text as a file of the reader's own, never shown by this page.
export function handOut(name, content) {
  const address = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = make("a", { href: address, download: nameOf(name), hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// Runs `work` with the button resting, so that a second touch does nothing.
export async function once(button, work) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work();
  } finally {
    button.disabled = false;
  }
}
