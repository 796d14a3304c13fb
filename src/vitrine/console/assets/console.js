// What every page of the console does beside showing itself.
"use strict";

// Who follows a link from a message arrives without the (strict) session cookie, although it is
// there. Asking once more, from our own page, sends it.
const login = document.querySelector(".login form");
if (login && location.search && !document.referrer.startsWith(location.origin)) {
  location.replace(location.href);
}

// Choosing is asking: such a form has a button only for who has no JavaScript.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
