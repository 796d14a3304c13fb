(() => {
  const find = (kind) => [...document.querySelectorAll(`[data-vitrine-${kind}]`)];
  let painted = navigator.globalPrivacyControl;
  const look = () => {
    painted ||= find("section")[0];
    if (document.readyState == "loading") requestAnimationFrame(look);
  };
  const arrange = (kind, order) => {
    const rank = (node) => order.indexOf(node.getAttribute("data-vitrine-" + kind)) + 1 || 1000;
    for (const parent of new Set(find(kind).map((node) => node.parentNode))) {
      const nodes = find(kind).filter((node) => node.parentNode == parent);
      const marks = nodes.map((node) => (node.before(new Comment()), node.previousSibling));
      const sorted = nodes.toSorted((one, other) => rank(one) - rank(other));
      marks.forEach((mark, index) => mark.replaceWith(sorted[index]));
      (window.vitrineOrder ||= new Map()).set(parent, nodes);
    }
  };
  try {
    const { page } = JSON.parse(localStorage.vitrine);
    requestAnimationFrame(look);
    addEventListener("DOMContentLoaded", () => {
      if (painted || page.variant != "personalized") return;
      arrange("section", page.priority_sections);
      arrange("project", page.featured_projects);
    });
  } catch {} // nothing is kept
})();
