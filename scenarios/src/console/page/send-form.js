/** @import { OwnMessage } from "../messages.ts" */
import { el } from "./dom.js";
import { ask, messageOf } from "./server.js";
import { service, state } from "./state.js";

/**
 * Sends recordings to the service: a file that is dropped or chosen, or a sample.
 *
 * @param {object} listener
 * @param {() => void} listener.onSending
 * @param {(id: string, from: number) => void} listener.onSent Is told the new recording, and the number of the last
 * decision before it was sent.
 */
export function createSendForm({ onSending, onSent }) {
  const { samples, largestUpload } = /** @type {OwnMessage} */ (service().own);
  const status = el("p", { class: "sending", role: "status" });
  const language = el("input", {
    list: "languages",
    placeholder: "the stage's own",
    autocomplete: "off",
    spellcheck: "false",
  });
  const languages = ["auto", "de-DE", "en-GB", "en-US", "es-ES", "fr-FR", "it-IT", "ja-JP", "pt-BR"];
  const way = el(
    "select",
    {},
    el("option", { value: "body" }, "POST /recordings, as the body"),
    el("option", { value: "form" }, "POST /upload-forms, straight to S3"),
  );
  const file = el("input", {
    type: "file",
    accept: ".amr,.flac,.m4a,.mp3,.mp4,.ogg,.wav,.webm",
    change: () => sendFile(file.files?.[0]),
  });
  const drop = el(
    "div",
    {
      class: "drop",
      dragover: (event) => {
        event.preventDefault();
        drop.classList.add("over");
      },
      dragleave: () => drop.classList.remove("over"),
      drop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        drop.classList.remove("over");
        void sendFile(event.dataTransfer?.files[0]);
      },
    },
    el("label", { class: "field" }, el("span", {}, "Drop a recording here, or choose one"), file),
  );

  /** @param {File | undefined} chosen */
  async function sendFile(chosen) {
    if (!chosen) return;
    if (chosen.size > largestUpload) {
      status.textContent = `${chosen.name} is larger than ${largestUpload / 1024 ** 2} MB: send it with pnpm transcribe.`;
      return;
    }
    await send(new URLSearchParams({ name: chosen.name }), chosen.name, chosen);
    file.value = "";
  }

  /**
   * @param {URLSearchParams} query
   * @param {string} title
   * @param {Blob} [body]
   */
  async function send(query, title, body) {
    query.set("way", way.value);
    if (language.value.trim() !== "") query.set("language", language.value.trim());
    const from = state.decisions.at(-1)?.number ?? 0;
    onSending();
    status.textContent = `Sending ${title} …`;
    try {
      const { id } = /** @type {{ id: string }} */ (await ask("POST", `/api/recordings?${query}`, body));
      status.textContent = `${title} was sent.`;
      onSent(id, from);
    } catch (error) {
      status.textContent = `${title} was not taken: ${messageOf(error)}`;
    }
  }

  /** @param {string} sample */
  const sampleButton = (sample) =>
    el(
      "button",
      { type: "button", click: () => send(new URLSearchParams({ sample }), sample) },
      sample.replace(/\.\w+$/, ""),
    );

  return {
    elements: [
      drop,
      samples.length > 0 &&
        el(
          "div",
          { class: "samples" },
          el("h2", {}, "Or send a sample"),
          el(
            "ul",
            {},
            ...samples.map(({ name, says }) =>
              el("li", {}, sampleButton(name), el("p", { class: "hint" }, says)),
            ),
          ),
        ),
      el("label", { class: "field" }, el("span", {}, "Way in"), way),
      el(
        "label",
        { class: "field" },
        el("span", {}, "Language"),
        language,
        el("datalist", { id: "languages" }, ...languages.map((value) => el("option", { value }))),
      ),
      status,
    ],
    /** @param {string} text */
    say(text) {
      status.textContent = text;
    },
    focus: () => file.focus(),
  };
}
