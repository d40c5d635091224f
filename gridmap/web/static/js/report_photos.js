/** Photos of a report: shown before they are sent, and made small, for a phone far from its mast. */

import { make } from "./elements.js";
import { say } from "./page_data.js";

const LONGEST_SIDE = 1600;
const QUALITY = 0.8;
const SMALL_BYTES = 400_000; // not worth drawing anew

/** Draw a photo no larger than is needed to see what is the matter; what the browser cannot read stays as it is. */
async function makeSmall(file) {
  if (file.size <= SMALL_BYTES) return file;
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return file;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = make("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return drawn && drawn.size < file.size ? new File([drawn], "photo.jpg", { type: "image/jpeg" }) : file;
}

function show(place, files) {
  for (const image of place.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  const rows = files.map((file, at) =>
    make("li", {}, make("img", { src: URL.createObjectURL(file), alt: say("residents.photo", { number: at + 1 }) })),
  );
  place.replaceChildren(...rows);
  place.hidden = !rows.length;
}

/** Watch the input of photos; too many are said at once, not after they were sent. */
export function watchPhotos(input, place, said) {
  const most = Number(input.dataset.most);
  input.addEventListener("change", async () => {
    const chosen = [...input.files];
    said.hidden = chosen.length <= most;
    said.textContent = said.hidden ? "" : say("residents.photos_many", { most });
    if (!said.hidden) {
      input.value = "";
      show(place, []);
      return;
    }
    const small = await Promise.all(chosen.map(makeSmall));
    const kept = new DataTransfer();
    for (const file of small) kept.items.add(file);
    input.files = kept.files;
    show(place, small);
  });
}
