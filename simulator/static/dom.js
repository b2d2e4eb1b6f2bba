// Finds and makes elements.

export const $ = (id) => document.getElementById(id);

export function make(name, className = "", ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function button(className, ...children) {
  const element = make("button", className, ...children);
  element.type = "button";
  return element;
}

const TONES = 7;

export function avatar(person) {
  const tone = [...person.id].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0) % TONES;
  const element = make("span", `avatar tone-${tone}`, [...person.nickname][0] ?? "？");
  element.setAttribute("aria-hidden", "true");
  return element;
}

let fading;

export function toast(sentence) {
  const line = $("toast");
  line.textContent = sentence;
  line.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => line.classList.remove("shown"), 3500);
}
