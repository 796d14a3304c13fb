/* Vitrine's snippet: tells the service what a visitor does, and puts first what suits them.
   What it does and what it never does: docs/snippet.md. */
(() => {
  if (window.vitrine) return;
  const forget = () => delete localStorage.vitrine;
  const vitrine = (window.vitrine = { track() {}, original() {}, consent: forget });
  if (navigator.globalPrivacyControl || navigator.doNotTrack == 1) return;

  const root = document.documentElement;
  const { src, dataset } = document.currentScript;
  const service = new URL(src).origin;
  const landed = !document.referrer.startsWith(location.origin);
  const seen = new WeakSet();
  const viewing = new Map(); // node: since when, and the timer that ends it
  const views = {}; // section: when it was viewed
  const originals = window.vitrineOrder || new Map(); // parent: its parts as they were written
  let queue = [];
  let count = 0;
  let depth = 0;
  let shifted = 0;
  let movedAt = 0;
  let stopped = root.dataset.vitrine == "original";
  let path, timer, scanning, hovered, hoveredAt, kept;

  const id = () => dataset.account || kept?.id; // an account's, or one that was consented to
  const find = (query) => [...document.querySelectorAll(query)];
  const said = (node, kind) => node?.getAttribute("data-vitrine-" + kind);
  const sectionOf = (node) => said(node, "section") || node.id;

  /* Sections by their attribute or, where the page has none, by the ids that an answer names. */
  function parts() {
    const marked = find("[data-vitrine-section]");
    const ids = vitrine.page?.priority_sections || ["-"];
    return marked[0] ? marked : find(ids.map((id) => `:is(section,article,div)[id="${id}"]`).join());
  }

  // --- What the visitor does

  async function ask(path, body, signal) {
    const answer = await fetch(service + path, {
      method: body ? "POST" : "GET",
      body: body && JSON.stringify(body),
      headers: { "Accept-Language": root.lang },
      keepalive: true,
      signal,
    });
    if (!answer.ok) throw answer;
    return answer.json();
  }

  function track(name, params = {}) {
    if (!count) params.page_referrer = document.referrer;
    queue.push({
      event_name: name,
      event_params: params,
      event_id: performance.timeOrigin + "-" + count++,
      user_pseudo_id: id(),
    });
    timer ||= setTimeout(flush, 1000);
  }

  async function flush() {
    const events = queue;
    timer = 0;
    queue = [];
    if (events[0])
      try {
        take((await ask("/api/events", { events, layout_shift: stopped })).personalization);
        stopped &&= true; // said once
      } catch {
        queue = [...events, ...queue].slice(0, 100); // goes along with what comes next
      }
  }

  function start(node) {
    if (viewing.has(node) || document.hidden) return;
    viewing.set(node, [Date.now(), setTimeout(stop, 30000, node)]);
    if (!landed || count) return;
    const project_id = said(node, "read");
    if (project_id) track("project_click", { project_id });
    else track("section_view", { section_id: sectionOf(node) });
  }

  function stop(node) {
    const [since, ending] = viewing.get(node) || [];
    const duration_ms = Date.now() - since;
    const project_id = said(node, "read");
    const section_id = sectionOf(node);
    clearTimeout(ending);
    viewing.delete(node);
    if (project_id) {
      if (duration_ms >= 10000) track("deep_read", { project_id, duration_ms });
    } else if (duration_ms >= 1000) {
      const count = (views[section_id] ||= []).push(since);
      if (count < 2) track("section_view", { section_id, duration_ms });
      else if (duration_ms >= 5000) track("repeat_view", { item_id: section_id, count });
    }
  }

  function hover({ target }) {
    const node = target.closest?.("[data-vitrine-skill]");
    const duration_ms = Date.now() - hoveredAt;
    if (node == hovered) return;
    if (hovered && duration_ms >= 300)
      track("skill_hover", { skill_id: said(hovered, "skill"), duration_ms });
    hovered = node;
    hoveredAt = Date.now();
  }

  function scroll() {
    while (depth < 100 && (scrollY + innerHeight + 2) / root.scrollHeight >= depth / 100 + 0.25)
      track("scroll_depth", { percent: (depth += 25) });
  }

  async function click(event) {
    const near = (query) => event.target.closest(query);
    const value = (kind) => said(near(`[data-vitrine-${kind}]`), kind);
    const entry_id = value("entry");
    const link = near("a,button,summary");
    if (entry_id) track("career_timeline_interact", { entry_id });
    if (!link) return;
    const { protocol, hreflang, host, href } = link;
    const project_id = value("project");
    const channel = value("channel") || { "mailto:": "email", "tel:": "phone" }[protocol];
    if (project_id) track("project_click", { project_id });
    if (value("original") != null) vitrine.original();
    if (channel) track("contact_intent", { channel });
    else if (link.hasAttribute("download")) track("download_resume");
    else if (hreflang) track("language_switch", { from: root.lang || undefined, to: hreflang });
    else if (value("visitor") != null) {
      if (!id()) return; // the page knows the visitor of the day by itself
      event.preventDefault();
      const asked = ask("/api/visitor/token", { id: id() });
      location = href + (await asked.then(({ token }) => "#" + token, () => ""));
    } else if (host && host != location.host) track("external_link_click", { url: href });
  }

  function leave() {
    [...viewing.keys()].forEach(stop);
    hover({ target: root });
    flush();
  }

  // --- What the visitor is shown

  function take(page) {
    if (!page) return;
    vitrine.page = page;
    if (kept) localStorage.vitrine = JSON.stringify((kept = { id: kept.id, page }));
    scan();
    dispatchEvent(new Event("vitrine"));
  }

  /* Whatever is new on the page is watched and arranged, also after History navigation. */
  function scan() {
    const { page } = vitrine;
    const skills = find("[data-vitrine-skill]");
    const projects = find("[data-vitrine-project]");
    scanning = 0;
    depth = path == (path = location.pathname) ? depth : 0;
    [...parts(), ...skills, ...projects, ...find("[data-vitrine-read]")].forEach((node) =>
      watch.observe(node),
    );
    if (page?.variant != "personalized" || stopped) return;
    arrange(parts(), page.priority_sections, sectionOf);
    arrange(projects, page.featured_projects, (node) => said(node, "project"));
    for (const node of skills.filter(unseen))
      node.toggleAttribute(
        "data-vitrine-highlighted",
        page.highlight_skills.includes(said(node, "skill")),
      );
  }

  const unseen = (node) =>
    !seen.has(node) &&
    node.getBoundingClientRect().top > innerHeight &&
    !node.contains(document.activeElement) &&
    !node.querySelector("iframe,video,audio");

  /* Nodes change places with siblings alone; whatever stands between them stays there. */
  function arrange(nodes, order, idOf) {
    const rank = (node) => order.indexOf(idOf(node)) + 1 || 1000;
    for (const parent of new Set(nodes.map((node) => node.parentNode))) {
      const own = nodes.filter((node) => node.parentNode == parent);
      const free = own.filter(unseen);
      if (!originals.has(parent)) originals.set(parent, own);
      put(free, free.toSorted((one, other) => rank(one) - rank(other)));
    }
  }

  function put(places, nodes) {
    if (places.every((node, index) => node == nodes[index])) return;
    const marks = places.map((node) => {
      node.before(new Comment());
      return node.previousSibling;
    });
    marks.forEach((mark, index) => mark.replaceWith(nodes[index]));
    movedAt = performance.now();
    requestAnimationFrame((now) => (movedAt &&= now)); // it shows when there is time for it
    find("[data-vitrine-original]").forEach((button) => (button.disabled = stopped));
  }

  vitrine.original = () => {
    const focused = document.activeElement;
    stopped = true;
    originals.forEach((nodes, parent) => {
      const order = nodes.filter((node) => node.parentNode == parent);
      put([...parent.children].filter((node) => order.includes(node)), order);
    });
    movedAt = 0; // was asked for
    focused.focus({ preventScroll: true });
  };

  /* After consent alone, an id and the last answer are kept on the device. */
  vitrine.consent = async (given) => {
    if (given) {
      kept ||= await ask("/api/visitor/id", {});
      take(vitrine.page);
    } else {
      kept = 0;
      forget();
    }
  };

  // --- When

  const watch = new IntersectionObserver(
    (entries) =>
      entries.forEach((entry) => {
        const node = entry.target;
        if (entry.isIntersecting) seen.add(node);
        if (said(node, "skill") || said(node, "project")) return;
        if (entry.intersectionRatio >= 0.5 || entry.intersectionRect.height > innerHeight / 2)
          start(node);
        else stop(node);
      }),
    { threshold: [0, 0.05, 0.1, 0.2, 0.5] },
  );

  try {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (
          !entry.hadRecentInput &&
          Math.abs(entry.startTime - movedAt - 250) <= 250 &&
          entry.sources.some(({ node }) =>
            [...originals.keys()].some((parent) => parent.contains(node)),
          )
        )
          shifted += entry.value;
      if (shifted > 0.01) stopped = shifted;
    }).observe({ type: "layout-shift" });
    kept = JSON.parse(localStorage.vitrine);
  } catch {} // nothing is kept, or nothing may be read

  const listeners = {
    scroll,
    click,
    pointerover: hover,
    pagehide: leave,
    visibilitychange: () => (document.hidden ? leave() : (watch.disconnect(), scan())),
  };
  for (const type in listeners) addEventListener(type, listeners[type], true);
  new MutationObserver(() => (scanning ||= setTimeout(scan, 200))).observe(root, {
    childList: true,
    subtree: true,
  });
  vitrine.track = track;
  take(kept?.page);
  scan();
  if (!root.dataset.vitrine)
    ask("/api/personalization?user_id=" + encodeURIComponent(id() || ""), null, AbortSignal.timeout(150)).then(
      take,
      () => {},
    );
})();
