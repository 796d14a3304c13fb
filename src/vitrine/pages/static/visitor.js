/* The visitor's own page. The token that proves who is asking comes with the page or in the
   address's fragment; from then on it is held in this function's memory alone. */
(async () => {
  const main = document.querySelector("main");
  const element = (id) => document.getElementById(id);
  const words = JSON.parse(element("words").textContent);
  const { language } = main.dataset;
  const given = location.hash.slice(1);
  const token = given || main.dataset.token;
  delete main.dataset.token;
  if (given) history.replaceState(null, "", location.pathname);

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const counted = ([one, more], count) => (count === 1 ? one : fill(more, { count }));
  const dated = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const when = (time) => dated.format(new Date(time));
  let record;

  function say(text) {
    const state = element("state");
    state.hidden = !text;
    state.textContent = text;
  }

  async function ask(method, body) {
    const answer = await fetch(`/api/visitor?language=${language}`, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      body: body && JSON.stringify(body),
      cache: "no-store",
    });
    if (answer.ok) return answer.json();
    const { detail } = await answer.json().catch(() => ({ detail: answer.status }));
    throw new Error(answer.status === 401 ? words.expired : fill(words.failed, { reason: detail }));
  }

  function list(node, rows, make) {
    node.replaceChildren(...rows.map(make));
  }

  function text(tag, content, kind) {
    const node = document.createElement(tag);
    node.textContent = content;
    if (kind) node.className = kind;
    return node;
  }

  function showNow({ now, off }) {
    const percent = Math.min(99, Math.round(now.confidence * 100)); // nothing is ever certain
    const threshold = Math.round(now.threshold * 100);
    element("segment").textContent = now.title || words.undecided;
    element("confidence").style.setProperty("inline-size", `${percent}%`);
    element("threshold").style.setProperty("inset-inline-start", `${threshold}%`);
    element("sureness").textContent = fill(words.sure, { sureness: now.sureness, percent, threshold });
    element("variant").textContent = words.variant[off ? "off" : now.variant];
    element("reasoning").textContent = off ? "" : now.reasoning;
    list(element("evidence"), now.evidence, ({ what, says }) => {
      const row = text("li", `${what} `);
      row.append(text("span", says, "says"));
      return row;
    });
  }

  function showEvents({ events, visits, since }) {
    const most = 50;
    const row = ({ at, what, about }) => {
      const cells = document.createElement("tr");
      const time = text("time", when(at));
      time.dateTime = at;
      const first = document.createElement("td");
      first.append(time);
      cells.append(first, text("td", what), text("td", about));
      return cells;
    };
    list(element("events"), events.slice(-most).reverse(), row);
    element("more").textContent =
      events.length > most ? fill(words.more, { count: events.length - most }) : "";
    element("since").textContent = fill(words.since, {
      visits: counted(words.visits, visits.length),
      events: counted(words.counted, events.length),
      since: when(since),
    });
  }

  function show(found, news = "") {
    record = found;
    main.querySelectorAll(".panel").forEach((panel) => {
      panel.hidden = panel.classList.contains("known") && !found.now;
    });
    if (found.now) {
      showNow(found);
      showEvents(found);
    }
    element("off").setAttribute("aria-pressed", found.off);
    element("off").textContent = found.off ? words.on_button : words.off_button;
    element("off-text").textContent = found.until ? words.off_text : words.off_text_named;
    element("who").textContent = found.until ? words.day : words.named;
    element("pseudonym").textContent = found.visitor;
    say(news || (found.now ? "" : words.nothing));
  }

  async function attempt(work) {
    try {
      await work();
    } catch (problem) {
      say(problem.message);
      element("state").scrollIntoView({ block: "nearest" });
    }
  }

  element("take").addEventListener("click", () => {
    const file = new Blob([JSON.stringify(record, null, 2)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "visit.json";
    link.click();
    URL.revokeObjectURL(link.href);
  });

  element("erase").addEventListener("click", () => {
    element("sure").returnValue = "";
    element("sure").showModal();
  });

  element("sure").addEventListener("close", ({ target }) => {
    if (target.returnValue !== "yes") return;
    attempt(async () => {
      const { erased } = await ask("DELETE");
      const news = fill(words.erased, {
        visits: counted(words.visits, erased.visits),
        events: counted(words.counted, erased.events),
      });
      show(await ask("GET"), news);
    });
  });

  element("off").addEventListener("click", () =>
    attempt(async () => {
      await ask("PUT", { off: !record.off });
      show(await ask("GET"));
    }),
  );

  if (token) await attempt(async () => show(await ask("GET")));
})();
