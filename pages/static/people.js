// What the pages about people do better with a script: printing by a button, going on with a long import by itself.

const print = document.getElementById("print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

const further = document.getElementById("further");
if (further) further.requestSubmit();
