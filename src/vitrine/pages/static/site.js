/* Keeps the panel true when the snippet has put what was not seen yet into another order. */
(() => {
  const panel = document.querySelector("#why");
  if (!panel) return;
  const order = () => [...document.querySelectorAll("section[data-vitrine-section]")].map((s) => s.id);
  const sent = order().join();

  addEventListener("vitrine", () => {
    const { page } = window.vitrine;
    if (page.variant !== "personalized" || order().join() === sent) return;
    const said = {
      segment: JSON.parse(panel.dataset.titles)[page.segment],
      percent: Math.min(99, Math.round(page.confidence * 100)),
      reasoning: page.reasoning,
    };
    const text = panel.querySelector("template").content.cloneNode(true);
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
      walker.currentNode.data = walker.currentNode.data.replace(
        /\{(\w+)\}/g,
        (whole, name) => said[name] ?? whole,
      );
    panel.querySelector(".said").replaceChildren(text);
  });
})();
