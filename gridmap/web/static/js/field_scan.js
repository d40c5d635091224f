/** Reading the code on a door: by the camera in the page where the browser can, else by the phone's own camera. */

import { make } from "./elements.js";
import { say } from "./page_data.js";

const LOOK_MS = 250;
const MOST_PIXELS = 960; // of the longer side: enough for a sticker at arm's length
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

/** Make what reads the codes in a picture of the camera: the browser itself where it can, else a decoder that comes along. */
async function makeReader(video) {
  const known = (await window.BarcodeDetector?.getSupportedFormats()) ?? [];
  if (known.includes("qr_code")) {
    const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video)).map((code) => code.rawValue);
  }
  const { decodeQR } = await import("../vendor/qr-0.7.0/decode.js");
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  return async () => {
    const scale = Math.min(1, MOST_PIXELS / Math.max(video.videoWidth, video.videoHeight));
    [canvas.width, canvas.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return [decodeQR(drawing.getImageData(0, 0, canvas.width, canvas.height))];
    } catch {
      return []; // no code in this picture
    }
  };
}

/** Look again and again until one of our codes is in the picture; gives what stops it. */
function readCodes(video, read, found) {
  let timer = 0;
  const look = async () => {
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      const text = (await read()).find((said) => tokenOf(said) || stationOf(said));
      if (text && timer !== null) found(text);
    }
    if (timer !== null) timer = window.setTimeout(look, LOOK_MS);
  };
  look();
  return () => {
    window.clearTimeout(timer);
    timer = null;
  };
}

/** Whether this browser gives the page a camera; over plain http none does. */
export const canScan = () => Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Look through the camera until a code is read.
 *
 * @returns {Promise<string|null|undefined>} what it says; null where it was closed, undefined where no camera is to be had
 */
export async function scan() {
  const dialog = document.getElementById("ask");
  const video = make("video.viewfinder", { autoplay: true, playsinline: true, muted: true, "aria-label": say("field.scan_view") });
  let stream;
  let read;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    read = await makeReader(video);
  } catch {
    for (const track of stream?.getTracks() ?? []) track.stop();
    return undefined;
  }
  video.srcObject = stream;
  const close = make("button.button.wide", { type: "button", onclick: () => dialog.close("") }, say("pages.cancel"));
  dialog.replaceChildren(make("div.dialog-body", {}, make("h2", { id: "ask-title" }, say("field.scan_title")), video, close));
  dialog.returnValue = "";
  dialog.showModal();
  const stop = readCodes(video, read, (text) => dialog.close(text));
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
