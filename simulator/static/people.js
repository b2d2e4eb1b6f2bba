// The list of followers on the left (on a phone: the first screen).

import { shortTime } from "./bubbles.js";
import { avatar, button, make } from "./dom.js";

function preview(person) {
  if (!person.last) return person.following ? "已关注" : "还没有关注";
  return person.last.text.replace(/<[^>]*>/g, "").replace(/\s+/g, " ");
}

export function drawPeople(list, people, chosen, unread, onChoose) {
  const items = people.map((person) => {
    const top = make("span", "row", make("strong", "", person.nickname));
    if (person.last) top.append(make("time", "", shortTime(person.last.at)));
    const bottom = make("span", "row", make("span", "preview", preview(person)));
    if (!person.following) bottom.append(make("span", "tag", "未关注"));
    const entry = button("person", avatar(person), make("span", "words", top, bottom));
    if (unread.has(person.id)) {
      entry.classList.add("unread");
      entry.append(make("span", "sr-only", "有新消息"));
    }
    entry.dataset.person = person.id;
    if (person.id === chosen) entry.setAttribute("aria-current", "true");
    entry.addEventListener("click", () => onChoose(person.id));
    return make("li", "", entry);
  });
  const focused = document.activeElement?.dataset?.person;
  list.replaceChildren(...items);
  if (focused) list.querySelector(`[data-person="${focused}"]`)?.focus({ preventScroll: true });
}
