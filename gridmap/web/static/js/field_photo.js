/** Photos: made small on the phone, so that a weak signal carries them; place and device are left behind. */

import { icon, make } from "./elements.js";
import { say } from "./page_data.js";

const LONGEST_PX = 1600;
const QUALITY = 0.8;

/** Draw a photo anew, no larger than needed; one that the browser cannot read goes as it is. */
export async function shrink(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return file;
  }
  const scale = Math.min(1, LONGEST_PX / Math.max(image.width, image.height));
  const canvas = make("canvas", { width: String(Math.round(image.width * scale)), height: String(Math.round(image.height * scale)) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob ?? file;
}

/** A button that lets a photo be taken or chosen; says which one it is. */
export function photoField() {
  const name = make("span", { role: "status" }, say("field.photo_none"));
  const input = make("input.unseen", { type: "file", accept: "image/*", name: "photo", id: "step-photo" });
  input.addEventListener("change", () => {
    name.textContent = input.files[0]?.name ?? say("field.photo_none");
  });
  return make("div.photo-field", {}, input, make("label.button", { for: "step-photo" }, icon("camera"), say("field.photo")), name);
}

/** The photo of a form, made small; null where there is none. */
export async function photoOf(form) {
  const [file] = form.querySelector("[name=photo]")?.files ?? [];
  return file ? shrink(file) : null;
}
