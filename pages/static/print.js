// One click prints the page; without this script the page says how to do it by hand.
const button = document.getElementById("print");
document.getElementById("by-hand").hidden = true;
button.hidden = false;
button.addEventListener("click", () => window.print());
