// Waits until the number has been sent in the chat, then goes on; without it the page reloads itself.

const EVERY = 2000; // ms between two looks
const waiting = document.getElementById("waiting");
const over = document.getElementById("over");

async function look() {
  let state = "waiting";
  try {
    const answer = await fetch("/h5/sign-in/now", { cache: "no-store" });
    if (answer.ok) state = (await answer.json()).state;
  } catch {
    // the line is down for a moment: look again
  }
  if (state === "in") location.replace(waiting.dataset.to);
  else if (state === "over") {
    waiting.hidden = true;
    over.hidden = false;
  } else setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
