/** The responsibility tree on a building's page. */

import { orShow } from "./api.js";
import { page } from "./page_data.js";
import { showPanel } from "./responsibility_panel.js";
import { askTree, showTree } from "./responsibility_tree.js";

const element = (id) => document.getElementById(id);

async function choose(place) {
  if (place.kind === "compound") return;
  await orShow(element("tree-fault"), async () => {
    showPanel(element("panel"), await askTree(place));
    element("panel").hidden = false;
  });
}

await orShow(element("tree-fault"), async () => {
  const answer = await askTree({ kind: "building", code: String(page.building.id) });
  showTree(element("tree"), answer, choose);
});
