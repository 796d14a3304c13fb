(() => {
  const find = (kind) => [...document.querySelectorAll(`[data-vitrine-${kind}]`)];
  const written = (window.vitrineOrder = new Map());
  let painted = navigator.globalPrivacyControl || navigator.doNotTrack == 1;
  const look = () => {
    painted ||= find("section")[0];
    if (document.readyState == "loading") requestAnimationFrame(look);
  };
  const arrange = (kind, order) => {
    const rank = (node) => order.indexOf(node.getAttribute("data-vitrine-" + kind)) + 1 || 1000;
    for (const parent of new Set(find(kind).map((node) => node.parentNode))) {
      const nodes = find(kind).filter((node) => node.parentNode == parent);
      written.set(parent, [...new Set([...(written.get(parent) || []), ...nodes])]);
      const sorted = nodes.toSorted((one, other) => rank(one) - rank(other));
      if (sorted.every((node, index) => node == nodes[index])) continue;
      const marks = nodes.map((node) => (node.before(new Comment()), node.previousSibling));
      marks.forEach((mark, index) => mark.replaceWith(sorted[index]));
    }
  };
  try {
    const { page } = JSON.parse(localStorage.vitrine);
    const early = () => {
      if (painted || page.variant != "personalized") return;
      arrange("section", page.priority_sections);
      arrange("project", page.featured_projects);
    };
    const reading = new MutationObserver(early);
    reading.observe(document, { childList: true, subtree: true });
    requestAnimationFrame(look);
    addEventListener("DOMContentLoaded", () => (early(), reading.disconnect()));
  } catch {} // nothing is kept
})();
