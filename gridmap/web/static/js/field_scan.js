/** Reading the code on a door: by the camera in the page where the browser can, else by the phone's own camera. */

import { make } from "./elements.js";
import { say } from "./page_data.js";

const LOOK_MS = 250;
const MISREAD = { I: "1", L: "1", O: "0" };
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The token in what a code says; null for a code that is none of ours. */
export function tokenOf(text) {
  const found = /\/r\/([0-9A-Za-z]+)\/?$/.exec(text.trim());
  return found ? found[1] : null;
}

/** The station in what a code says; null for any other code. */
export function stationOf(text) {
  const found = /\/field\?(?:.*&)?station=([^&#]+)/.exec(text.trim());
  return found ? decodeURIComponent(found[1]) : null;
}

/** Find the door of a token among those of one's own buildings; the phone knows digests, never the tokens. */
export async function findDoor(codes, token) {
  const read = token.toUpperCase().replace(/[ILO]/g, (letter) => MISREAD[letter]);
  const digest = hex(await window.crypto.subtle.digest("SHA-256", new TextEncoder().encode(read)));
  return (codes ?? []).find((code) => code.digest === digest) ?? null;
}

async function readCodes(video, found) {
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  const timer = window.setInterval(async () => {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const codes = await detector.detect(video);
    const text = codes.map((code) => code.rawValue).find((said) => tokenOf(said) || stationOf(said));
    if (text) found(text);
  }, LOOK_MS);
  return () => window.clearInterval(timer);
}

/** Whether this browser can read codes in the page. */
export const canScan = () => "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Look through the camera until a code is read.
 *
 * @returns {Promise<string|null>} what it says; null where it was closed, or the camera is not to be had
 */
export async function scan() {
  const dialog = document.getElementById("ask");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch {
    return null;
  }
  const video = make("video.viewfinder", { autoplay: true, playsinline: true, muted: true, "aria-label": say("field.scan_view") });
  video.srcObject = stream;
  const close = make("button.button.wide", { type: "button", onclick: () => dialog.close("") }, say("pages.cancel"));
  dialog.replaceChildren(make("div.dialog-body", {}, make("h2", { id: "ask-title" }, say("field.scan_title")), video, close));
  dialog.returnValue = "";
  dialog.showModal();
  const stop = await readCodes(video, (text) => dialog.close(text));
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        stop();
        for (const track of stream.getTracks()) track.stop();
        resolve(dialog.returnValue || null);
      },
      { once: true },
    );
  });
}
