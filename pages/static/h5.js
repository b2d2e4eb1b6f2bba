// What the pages do better with a script: a live head count, ticking everybody, copying. All of it works without.

const EVERY = 5000; // ms between two looks
const sheet = document.getElementById("sheet");

/** Write the figures; take away the tick of whoever has come meanwhile. */
function show(news) {
  for (const name of ["present", "expected"]) document.getElementById(name).textContent = news[name];
  for (const [person, words] of Object.entries(news.here)) {
    const box = document.querySelector(`#ticks input[value="${CSS.escape(person)}"]`);
    if (!box || box.disabled) continue;
    box.checked = false;
    box.disabled = true;
    const state = box.closest("li").querySelector(".state");
    state.textContent = words;
    state.dataset.status = "came";
  }
}

async function look() {
  try {
    const answer = await fetch(sheet.dataset.news, { cache: "no-store" });
    if (answer.redirected || !answer.ok) return; // signed out, or no longer ours to see
    const news = await answer.json();
    if (news.state !== sheet.dataset.state) {
      location.reload();
      return;
    }
    show(news);
  } catch {
    // the line is down for a moment: look again
  }
  setTimeout(look, EVERY);
}

if (sheet?.dataset.state === "open") setTimeout(look, EVERY);

const all = document.getElementById("all");
if (all) {
  all.hidden = false;
  all.addEventListener("click", () => {
    const boxes = [...document.querySelectorAll("#ticks input[type=checkbox]:not(:disabled)")];
    const ticked = boxes.every((box) => box.checked);
    boxes.forEach((box) => (box.checked = !ticked));
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy);
    const said = document.querySelector(`[data-copied="${button.dataset.copy}"]`);
    try {
      await navigator.clipboard.writeText(text.value);
      said.textContent = "已复制，请贴到群里。";
    } catch {
      text.focus();
      text.select();
      const done = document.execCommand("copy"); // where the page is not served over https
      said.textContent = done ? "已复制，请贴到群里。" : "请长按文字，复制。";
    }
  });
}
