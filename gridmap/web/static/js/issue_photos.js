/** Photos of an issue: small on the card, whole in a page of their own; who may, says which everybody may see. */

import { ask, orShow } from "./api.js";
import { make } from "./elements.js";
import { say } from "./page_data.js";

function photoLink(issue, photo, number) {
  const address = `/api/v1/issues/${issue}/photos/${photo.id}`;
  const { width, height } = photo; // so that nothing moves while it loads
  return make("a", { href: address, target: "_blank" }, make("img", { src: address, width, height, loading: "lazy", alt: say("desk.photo", { number }) }));
}

/** A box that says whether everybody may see a photo; it shows what the server has kept. */
function releaseBox(issue, photo, number, { fault, said }) {
  const box = make("input", { type: "checkbox", "aria-label": say("desk.photo_public_of", { number }) });
  box.checked = photo.is_public;
  box.addEventListener("change", async () => {
    const asked = { method: "PATCH", body: { is_public: box.checked } };
    const found = await orShow(fault, () => ask(`/issues/${issue}/photos/${photo.id}`, asked));
    if (!found) {
      box.checked = !box.checked;
      return;
    }
    said.textContent = say(box.checked ? "desk.photo_released" : "desk.photo_taken_back", { number });
  });
  return make("label.release", {}, box, make("span", { "aria-hidden": "true" }, say("desk.photo_public")));
}

/** Make a section with the photos of an issue; it shows itself when there are any. */
export function photoSection(issue) {
  const fault = make("div", { hidden: true });
  const said = make("p.unseen", { role: "status" });
  const list = make("ul.photos", {});
  const hint = make("p.quiet.small", { hidden: true }, say("desk.photos_hint"));
  const section = make("section", { hidden: true }, make("h3", {}, say("desk.photos")), fault, said, list, hint);
  orShow(fault, async () => {
    const { items, may_release: mayRelease } = await ask(`/issues/${issue}/photos`);
    const row = (photo, at) => make("li", {}, photoLink(issue, photo, at + 1), mayRelease ? releaseBox(issue, photo, at + 1, { fault, said }) : null);
    list.replaceChildren(...items.map(row));
    hint.hidden = !mayRelease;
    section.hidden = !items.length;
  }).finally(() => {
    if (!fault.hidden) section.hidden = false;
  });
  return section;
}
