/** @import { DecisionMessage } from "../../../../rolecall/src/console/messages.ts" */
/** @import { RecordingListMessage } from "../messages.ts" */
/** @import { CreateView } from "./view.js" */
import { createDiagram } from "./diagram.js";
import { el, refill } from "./dom.js";
import { stageFinder } from "./pipeline.js";
import { createRecordingPanel } from "./recording-panel.js";
import { createSendForm } from "./send-form.js";
import { ask, messageOf } from "./server.js";
import { service, state } from "./state.js";
import { clock, isAllowed } from "./words.js";

/** Milliseconds after an answer until the decisions behind it have come. */
const afterwards = 300;

/** @type {CreateView} */
export function createView(container) {
  const stageOf = stageFinder(service());
  const diagram = createDiagram(service());
  const list = el("ul", { class: "recordings" });
  const listStatus = el("p", { class: "empty" });
  const form = createSendForm({
    onSending: diagram.clear,
    onSent(id, from) {
      panel.expect(id, from);
      location.hash = `#/recordings/${id}`;
      void refreshList();
      // In a narrow window it is further down.
      if (watch.getBoundingClientRect().top > innerHeight / 2) watch.scrollIntoView();
    },
  });
  const panel = createRecordingPanel({
    stageOf,
    read: (id) => askQuietly(`/api/recordings/${encodeURIComponent(id)}`),
    onDelete: remove,
  });
  const watch = el("section", { class: "watch", "aria-label": "Its way" }, diagram.element, panel.element);
  container.append(
    el(
      "div",
      { class: "recordings-view" },
      el(
        "section",
        { class: "send", "aria-label": "Send a recording" },
        el("h1", {}, "Recordings"),
        ...form.elements,
        el(
          "div",
          { class: "title" },
          el("h2", {}, "In the bucket"),
          el("button", { type: "button", click: refreshList }, "Refresh"),
        ),
        list,
        listStatus,
      ),
      watch,
    ),
  );

  /** @type {string | undefined} */
  let selected;
  let quietUntil = 0;
  const onDecisions = (/** @type {Event} */ event) => {
    if (event instanceof CustomEvent) follow(event.detail);
  };
  state.addEventListener("decisions", onDecisions);
  void refreshList();

  /** @param {readonly DecisionMessage[]} decisions */
  function follow(decisions) {
    const isQuiet = performance.now() < quietUntil;
    const isReading = (/** @type {DecisionMessage} */ decision) => stageOf(decision) === "reading";
    diagram.play(decisions.filter((one) => !(isQuiet && isReading(one) && isAllowed(one))));
    if (decisions.some((one) => stageOf(one) !== undefined && !isReading(one))) panel.follow();
  }

  /**
   * The page's own questions, and the rights that they take, are not what is to be seen here.
   *
   * @template Answer
   * @param {string} path
   * @returns {Promise<Answer>}
   */
  async function askQuietly(path) {
    quietUntil = Number.POSITIVE_INFINITY;
    try {
      return await ask("GET", path);
    } finally {
      quietUntil = performance.now() + afterwards;
    }
  }

  async function refreshList() {
    try {
      const { recordings, isComplete } = /** @type {RecordingListMessage} */ (
        await askQuietly("/api/recordings")
      );
      refill(list, ...recordings.map(({ id }) => el("li", {}, recordingLink(id))));
      markSelected();
      listStatus.textContent =
        recordings.length === 0 ? "None yet." : isComplete ? "" : "There are older ones, too.";
    } catch (error) {
      listStatus.textContent = `They cannot be listed: ${messageOf(error)}`;
    }
  }

  function markSelected() {
    for (const link of list.querySelectorAll("a")) {
      if (link.dataset.key === selected) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  /** @param {string} id */
  async function remove(id) {
    try {
      await ask("DELETE", `/api/recordings/${encodeURIComponent(id)}`);
      form.say("It was deleted: job, transcript and audio.");
      location.hash = "#/recordings";
      form.focus();
      void refreshList();
    } catch (error) {
      form.say(`It was not deleted: ${messageOf(error)}`);
    }
  }

  return {
    show(id) {
      selected = id;
      markSelected();
      panel.show(id);
    },
    close() {
      panel.close();
      state.removeEventListener("decisions", onDecisions);
    },
  };
}

/** @param {string} id */
function recordingLink(id) {
  return el("a", { href: `#/recordings/${id}`, "data-key": id, title: id }, sentAt(id));
}

/** When it was sent, which its id begins with (a UUID of version 7), and what tells it from others. @param {string} id */
function sentAt(id) {
  const time = new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
  const [, tail = id] = /^\w+-\w+-\w+-\w+-(.*)$/.exec(id) ?? [];
  return `${clock(time.toISOString()).slice(0, 8)} …${tail}`;
}
