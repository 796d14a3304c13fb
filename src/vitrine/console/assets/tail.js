// Lines of the log as they come: the newest on top, until somebody has seen enough.
"use strict";

const MOST_ROWS = 500;
const follow = document.getElementById("follow");
const said = document.getElementById("following");
const lines = document.getElementById("lines");
let stream = null;

function stop(words) {
  stream?.close();
  stream = null;
  follow.setAttribute("aria-pressed", "false");
  follow.textContent = "Follow";
  said.textContent = words;
}

function start() {
  stream = new EventSource(follow.dataset.tail);
  follow.setAttribute("aria-pressed", "true");
  follow.textContent = "Stop";
  said.textContent = "Waiting for new lines …";
  stream.addEventListener("open", () => { said.textContent = "New lines come in on top."; });
  stream.addEventListener("message", (event) => {
    document.getElementById("none")?.remove();
    lines.insertAdjacentHTML("afterbegin", JSON.parse(event.data));
    while (lines.rows.length > MOST_ROWS) lines.rows[lines.rows.length - 1].remove();
  });
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) stop("The service has ended the stream; follow again.");
    else said.textContent = "The service does not answer; trying again …";
  });
}

follow.hidden = false;
follow.addEventListener("click", () => (stream ? stop("") : start()));
addEventListener("pagehide", () => stream?.close());
