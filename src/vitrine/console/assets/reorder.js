// Moves items of a list up and down, by mouse or keyboard, and says so.
"use strict";

const said = document.getElementById("moved");

for (const list of document.querySelectorAll("[data-sortable]")) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const item = button.closest("li");
    const up = button.dataset.move === "up";
    const other = up ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    const line = list.querySelector(".last-shown");
    const shown = line ? [...list.children].indexOf(line) : -1;
    if (up) other.before(item);
    else other.after(item);
    if (line) {
      line.classList.remove("last-shown");
      list.children[shown].classList.add("last-shown");
    }
    list.closest("fieldset").querySelector("[name=pinned]").checked = true;
    button.focus();
    said.textContent = `${item.querySelector("span").textContent} is number ${[...list.children].indexOf(item) + 1} now`;
  });
}
