/** Photos of an issue: small on the card, whole in a page of their own. */

import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { say } from "./page_data.js";

function photoLink(issue, photo, at) {
  const address = `/api/v1/issues/${issue}/photos/${photo.id}`;
  const { width, height } = photo; // so that nothing moves while it loads
  return make("li", {}, make("a", { href: address, target: "_blank" }, make("img", { src: address, width, height, loading: "lazy", alt: say("desk.photo", { number: at + 1 }) })));
}

/** Make a section with the photos of an issue; it shows itself when there are any. */
export function photoSection(issue) {
  const fault = make("div", { hidden: true });
  const list = make("ul.photos", {});
  const section = make("section", { hidden: true }, make("h3", {}, say("desk.photos")), fault, list);
  orShow(fault, async () => {
    const { items } = await ask(`/issues/${issue}/photos`);
    list.replaceChildren(...items.map((photo, at) => photoLink(issue, photo, at)));
    section.hidden = !items.length;
  }).finally(() => {
    if (!fault.hidden) section.hidden = false;
  });
  return section;
}
