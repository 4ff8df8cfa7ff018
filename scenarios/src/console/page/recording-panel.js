/** @import { DecisionMessage } from "../../../../rolecall/src/console/messages.ts" */
/** @import { RecordingMessage } from "../messages.ts" */
/** @import { Stage } from "./pipeline.js" */
import { announce } from "./announce.js";
import { el, fill, refill } from "./dom.js";
import { stages } from "./pipeline.js";
import { messageOf } from "./server.js";
import { state } from "./state.js";
import { actionOf, breakable, code, isAllowed, verdictOf } from "./words.js";

/** Milliseconds from a decision that may have moved a recording on to the question how far it is. */
const settling = 120;

/** Milliseconds between two questions while nothing is decided, at first and at most. */
const patience = { first: 1000, most: 30_000 };

/** Milliseconds that the report of an outcome may come after the outcome. */
const lastReport = 1500;

/**
 * Which decisions came while a recording was on its way, by its id: those after `from`, up to `to`. Only of those that
 * this page sent; of others, the decisions that name them are known.
 *
 * @type {Map<string, { from: number, to: number }>}
 */
const spans = new Map();

/**
 * One recording: how far it is, which statement allowed each step, and what was said.
 *
 * @param {object} surroundings
 * @param {(decision: DecisionMessage) => Stage | undefined} surroundings.stageOf
 * @param {(id: string) => Promise<RecordingMessage>} surroundings.read
 * @param {(id: string) => void} surroundings.onDelete
 */
export function createRecordingPanel({ stageOf, read, onDelete }) {
  const element = el("div", { class: "recording" });
  const transcript = el("div", { class: "transcript" });
  const steps = el("ol", { class: "stages", "aria-label": "How far it is" });
  /** @type {string | undefined} */
  let selected;
  /** @type {RecordingMessage | undefined} */
  let recording;
  /** @type {number | undefined} */
  let timer;
  let wait = patience.first;

  const isEnded = () => recording?.status === "completed" || recording?.status === "failed";

  /** @param {number} milliseconds */
  function readIn(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(readNow, milliseconds);
  }

  async function readNow() {
    const id = selected;
    if (id === undefined) return;
    try {
      const found = await read(id);
      if (id !== selected) return;
      const isNews = found.status !== recording?.status;
      recording = found;
      if (isNews) {
        showRecording(found);
        if (spans.has(id)) announce(`The recording is ${found.status}`, true);
      }
    } catch (error) {
      if (id !== selected) return;
      recording = undefined;
      fill(element, el("p", { class: "failure" }, messageOf(error)));
    }
    if (isEnded()) endSpan(id);
    else {
      readIn(wait);
      wait = Math.min(wait * 2, patience.most);
    }
  }

  /** @param {string} id */
  function endSpan(id) {
    const span = spans.get(id);
    if (span?.to !== Number.POSITIVE_INFINITY) return;
    setTimeout(() => {
      span.to = state.decisions.at(-1)?.number ?? 0;
      showSteps();
    }, lastReport);
  }

  /** @param {RecordingMessage} found */
  function showRecording({ id, transcript: heard, failureReason, audio }) {
    if (!element.contains(steps)) {
      fill(
        element,
        el(
          "div",
          { class: "title" },
          el("h2", {}, el("code", {}, id)),
          el("button", { type: "button", class: "danger", click: () => onDelete(id) }, "Delete"),
        ),
        el("audio", { controls: true, preload: "none", src: audio.href, "aria-label": "The recording" }),
        transcript,
        steps,
      );
    }
    fill(
      transcript,
      failureReason !== undefined && el("p", { class: "failure" }, `Transcribe failed: ${failureReason}`),
      !heard && !failureReason && el("p", { class: "empty" }, "What was said stands here when it is done."),
      heard && spokenText(heard),
    );
    showSteps();
  }

  function showSteps() {
    if (!recording || recording.id !== selected) return;
    const { id, status } = recording;
    const span = spans.get(id);
    const its = state.decisions.filter(
      ({ about: named, number }) =>
        named === id || (span && named === undefined && number > span.from && number <= span.to),
    );
    const isFailed = status === "failed";
    const at = isFailed ? stages.length - 1 : stages.findIndex(({ stage }) => stage === status);
    refill(
      steps,
      ...stages.map(({ stage, title, says }, index) =>
        el(
          "li",
          { class: index <= at && "reached", "aria-current": index === at && "step" },
          el("p", { class: "stage" }, isFailed && index === at ? "Failed" : title),
          el("p", { class: "why" }, says),
          el(
            "ul",
            { class: "rights" },
            ...grouped(its.filter((decision) => stageOf(decision) === stage)).map(rightItem),
          ),
        ),
      ),
    );
  }

  return {
    element,
    /** @param {string | undefined} id */
    show(id) {
      if (id === selected && id !== undefined) return;
      selected = id;
      recording = undefined;
      wait = patience.first;
      clearTimeout(timer);
      fill(
        element,
        el(
          "p",
          { class: "empty" },
          id === undefined
            ? "Choose a recording, or send one: the diagram shows each decision on its way, and here stands which statement allowed it."
            : "…",
        ),
      );
      if (id !== undefined) void readNow();
    },
    /** It was sent from this page: what is decided from now on may be about it. @param {string} id @param {number} from */
    expect(id, from) {
      spans.set(id, { from, to: Number.POSITIVE_INFINITY });
    },
    /** Something was decided that may have moved a recording on. */
    follow() {
      showSteps();
      if (selected === undefined || isEnded()) return;
      wait = patience.first;
      readIn(settling);
    },
    close() {
      selected = undefined;
      clearTimeout(timer);
    },
  };
}

/** @param {NonNullable<RecordingMessage["transcript"]>} transcript */
function spokenText({ segments }) {
  return el(
    "section",
    { "aria-label": "Transcript" },
    segments.length === 0 && el("p", { class: "empty" }, "No words were heard."),
    el(
      "ol",
      { class: "spoken" },
      ...segments.map(({ start, end, text }) =>
        el("li", {}, el("span", { class: "time" }, `${start.toFixed(1)} to ${end.toFixed(1)} s`), " ", text),
      ),
    ),
  );
}

/** The same decision again counts. @param {readonly DecisionMessage[]} decisions */
function grouped(decisions) {
  return [...Map.groupBy(decisions, (one) => `${keyOf(one)} ${one.outcome}`).values()];
}

/** @param {DecisionMessage} decision */
const keyOf = (decision) => `${decision.who} ${actionOf(decision)} ${decision.resource.full}`;

/** @param {readonly DecisionMessage[]} alike */
function rightItem(alike) {
  const decision = /** @type {DecisionMessage} */ (alike.at(-1));
  const isFine = isAllowed(decision);
  return el(
    "li",
    { class: !isFine && "denied" },
    el(
      "a",
      {
        href: `#/decisions/${decision.number}`,
        "data-key": keyOf(decision),
      },
      el("span", { class: "who" }, decision.who),
      " ",
      code(actionOf(decision)),
      " ",
      el(
        "span",
        { class: "outcome" },
        ...breakable(isFine ? `✔ ${decision.by}` : `✘ ${verdictOf(decision)}`),
      ),
      alike.length > 1 && el("span", { class: "times" }, `× ${alike.length}`),
    ),
  );
}
