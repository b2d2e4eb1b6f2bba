// What the form of a paper does better with a script: it says at once what the banks have for each row.

const WAIT = 300; // ms after the last change
const paper = document.getElementById("paper");
let waiting = 0;
let asked = 0;

async function count() {
  const mine = ++asked;
  const sent = new URLSearchParams();
  for (const [name, value] of new FormData(paper)) {
    if (value && /^(bank|(topic|kind|difficulty|count)-\d+)$/.test(name)) sent.set(name, value);
  }
  try {
    const answer = await fetch(`${paper.dataset.stock}?${sent}`, { cache: "no-store" });
    if (answer.redirected || !answer.ok || mine !== asked) return; // signed out, not a number yet, or changed since
    const { there, words } = await answer.json();
    there.forEach((number, place) => {
      document.getElementById(`there-${place}`).textContent = number === null ? "" : `（题库有${number}题）`;
    });
    document.getElementById("enough").textContent = words;
  } catch {
    // the line is down for a moment: the next change asks again
  }
}

paper.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(count, WAIT);
});
count();
