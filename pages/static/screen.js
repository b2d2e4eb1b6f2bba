// Keeps the big screen up to date without reloading: codes that turn, people who arrive. Without it the page reloads itself.

const EVERY = 2000; // ms between two looks
const PATIENCE = 8000; // ms until an answer counts as lost
const LOST = 10000; // ms without an answer until the hall is told

const address = `${location.pathname.replace(/\/$/, "")}/now`;
const part = (id) => document.getElementById(id);
let state = document.body.dataset.state;
let heard = performance.now();
let drawn = part("qr")?.innerHTML;

/** Let a bar run down to the code's turn; its length says how much of the code's life is left. */
function run(bar, turnsIn) {
  const line = bar.firstElementChild;
  line.getAnimations().forEach((animation) => animation.cancel());
  const share = Math.min(1, turnsIn / Number(bar.dataset.every));
  line.animate([{ transform: `scaleX(${share})` }, { transform: "scaleX(0)" }], turnsIn * 1000);
}

function write(id, text) {
  if (part(id) && part(id).textContent !== text) part(id).textContent = text;
}

/** Swap the QR only when it is another one.. */
function draw(qr) {
  part("qr").classList.toggle("away", !qr);
  if (!qr || qr === drawn) return;
  drawn = qr;
  const drawing = new DOMParser().parseFromString(qr, "image/svg+xml").documentElement;
  part("qr").replaceChildren(document.importNode(drawing, true));
}

/** Show the news; returns the seconds until something turns. */
function show(news) {
  if (news.state !== state) {
    state = news.state;
    location.reload();
    return Infinity;
  }
  write("present", String(news.present));
  write("expected", String(news.expected));
  write("others", String(news.others));
  if (part("beside")) part("beside").hidden = !news.others;
  if (!news.number) return Infinity;
  write("number", `${news.number.slice(0, 3)} ${news.number.slice(3)}`);
  draw(news.qr);
  run(part("qr-bar"), news.qr_turns_in);
  run(part("number-bar"), news.number_turns_in);
  return Math.min(news.qr_turns_in, news.number_turns_in);
}

async function look() {
  let wait = EVERY;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const answer = await fetch(address, { cache: "no-store", signal: patience.signal });
    if (answer.status === 404) location.reload();
    if (answer.ok) {
      wait = Math.min(EVERY, show(await answer.json()) * 1000 + 50);
      heard = performance.now();
    }
  } catch {
    // the next look may find the server again
  } finally {
    clearTimeout(timer);
  }
  if (part("lost")) part("lost").hidden = performance.now() - heard < LOST;
  setTimeout(look, wait);
}

for (const bar of document.querySelectorAll(".bar")) run(bar, Number(bar.dataset.turnsIn));
setTimeout(look, EVERY);
