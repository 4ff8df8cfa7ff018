/** @import { DecisionMessage, ServiceMessage } from "../../../../rolecall/src/console/messages.ts" */
import { el, fill, svg } from "./dom.js";
import { actionOf, code, isAllowed, verdictOf } from "./words.js";

/**
 * @typedef {object} Node
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {string} label
 * @property {"function" | "service" | "storage" | "caller"} kind
 */

/** Pixels of the drawing, which is scaled. */
const size = { width: 1100, height: 390 };

/**
 * Where things stand; functions are called by their keys. A function that has no place here gets one below.
 *
 * @type {readonly (readonly [id: string, kind: Node["kind"], x: number, y: number, width: number, height: number, label?: string])[]}
 */
const places = [
  ["developer", "caller", 8, 170, 92, 40],
  ["api", "service", 136, 170, 92, 40, "HTTP API"],
  ["receiveAudio", "function", 270, 18, 150, 40],
  ["issueUploadForm", "function", 270, 94, 150, 40],
  ["listRecordings", "function", 270, 170, 150, 40],
  ["readRecording", "function", 270, 246, 150, 40],
  ["deleteRecording", "function", 270, 322, 150, 40],
  ["bucket", "storage", 510, 18, 170, 230, "recordings bucket"],
  ["audio", "storage", 530, 60, 130, 40, "audio/"],
  ["transcripts", "storage", 530, 188, 130, 40, "transcripts/"],
  ["queue", "service", 760, 18, 150, 40, "uploads queue"],
  ["startTranscription", "function", 760, 94, 150, 40],
  ["transcribe", "service", 980, 180, 112, 44, "Transcribe"],
  ["events", "service", 980, 322, 112, 40, "EventBridge"],
  ["reportOutcome", "function", 760, 322, 150, 40],
];

/** What asks something of what; a decision that is about none of these draws its own. */
const lines = [
  ["developer", "api"],
  ["api", "receiveAudio"],
  ["api", "issueUploadForm"],
  ["api", "listRecordings"],
  ["api", "readRecording"],
  ["api", "deleteRecording"],
  ["receiveAudio", "audio"],
  ["issueUploadForm", "audio"],
  ["listRecordings", "bucket"],
  ["readRecording", "bucket"],
  ["readRecording", "audio"],
  ["readRecording", "transcripts"],
  ["readRecording", "transcribe"],
  ["deleteRecording", "audio"],
  ["deleteRecording", "transcripts"],
  ["deleteRecording", "transcribe"],
  ["bucket", "queue"],
  ["queue", "startTranscription"],
  ["startTranscription", "bucket"],
  ["startTranscription", "transcribe"],
  ["transcribe", "audio"],
  ["transcribe", "transcripts"],
  ["events", "reportOutcome"],
];

/** An event is told, and nobody asks for it. */
const told = ["transcribe", "events"];

/** Milliseconds between two decisions that are shown one after the other, and that each stays lit. */
const pace = { next: 260, lit: 2600 };

/** How many may wait to be shown; more are shown at once. */
const mostWaiting = 40;

/**
 * The service, drawn. What is decided lights up the line from who asks to what is asked for.
 *
 * @param {ServiceMessage} service
 */
export function createDiagram(service) {
  /** @type {Map<string, Node>} */
  const nodes = new Map(
    places.map(([id, kind, x, y, width, height, label = id]) => [id, { x, y, width, height, label, kind }]),
  );
  const functions = service.holders.filter(({ kind }) => kind === "function").map(({ id }) => id);
  for (const [id, { kind }] of nodes) if (kind === "function" && !functions.includes(id)) nodes.delete(id);
  const others = functions.filter((id) => !nodes.has(id));
  others.forEach((id, index) => {
    nodes.set(id, {
      x: 8 + index * 166,
      y: size.height + 8,
      width: 150,
      height: 40,
      label: id,
      kind: "function",
    });
  });

  const byArn = new Map(
    service.holders.flatMap(({ arn, id, kind }) => (arn && kind === "function" ? [[arn, id]] : [])),
  );
  const edges = svg("g", { class: "edges" });
  const caption = el("p", { class: "caption", "aria-hidden": "true" });
  /** @type {Map<string, SVGPathElement>} */
  const paths = new Map();
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${size.width} ${size.height + (others.length > 0 ? 60 : 0)}`,
      role: "img",
      "aria-label":
        "Diagram of the service. Each decision lights up as it is taken; they are listed below, too.",
      class: "diagram",
    },
    svg(
      "defs",
      {},
      ...["", "-allowed", "-denied"].map((name) =>
        svg(
          "marker",
          {
            id: `arrow${name}`,
            viewBox: "0 0 8 8",
            refX: 7,
            refY: 4,
            markerWidth: 8,
            markerHeight: 8,
            orient: "auto",
            markerUnits: "userSpaceOnUse",
          },
          svg("path", { d: "M0 0.500 8 4 0 7.500z" }),
        ),
      ),
    ),
    ...[...nodes.values()].filter(isBox).map(drawn),
    edges,
    ...[...nodes.values()].filter((node) => !isBox(node)).map(drawn),
  );
  for (const [from = "", to = ""] of lines) if (nodes.has(from) && nodes.has(to)) edge(from, to);
  edge(.../** @type {[string, string]} */ (told)).classList.add("told");

  /** @param {string} from @param {string} to */
  function edge(from, to) {
    const key = `${from} ${to}`;
    const known = paths.get(key);
    if (known) return known;
    const path = svg("path", { d: between(nodeAt(from), nodeAt(to)), "data-line": key });
    edges.append(path);
    paths.set(key, path);
    return path;
  }

  /** @param {string} id */
  function nodeAt(id) {
    return /** @type {Node} */ (nodes.get(id));
  }

  /** @param {DecisionMessage} decision @returns {[string, string] | undefined} */
  function ends(decision) {
    const from = whoAsks(decision);
    const to = whatIsAsked(decision, byArn);
    // What polls the queue is the queue's own way to the function.
    if (to === "queue" && functions.includes(from)) return nodes.has(from) ? ["queue", from] : undefined;
    return to !== undefined && nodes.has(from) && nodes.has(to) ? [from, to] : undefined;
  }

  /** @type {DecisionMessage[]} */
  let waiting = [];
  let isPlaying = false;

  function playNext() {
    const decision = waiting.shift();
    isPlaying = decision !== undefined;
    if (!decision) return;
    light(decision);
    if (waiting.length > mostWaiting) waiting = [];
    setTimeout(playNext, pace.next);
  }

  /** @param {DecisionMessage} decision */
  function light(decision) {
    const [from, to] = ends(decision) ?? [];
    if (!from || !to) return;
    const path = edge(from, to);
    edges.append(path);
    path.setAttribute("class", isAllowed(decision) ? "allowed lit" : "denied lit");
    path.dataset.lit = String(decision.number);
    say(decision);
    setTimeout(() => {
      // A denial stays, until the same way is allowed.
      if (path.dataset.lit === String(decision.number)) path.classList.remove("lit");
    }, pace.lit);
  }

  /** @param {DecisionMessage} decision */
  function say(decision) {
    const kind = isAllowed(decision) ? "allowed" : "denied";
    fill(
      caption,
      el("strong", {}, decision.who),
      " ",
      code(actionOf(decision)),
      " ",
      el("span", { class: `said ${kind}` }, `${isAllowed(decision) ? "✔" : "✘"} ${verdictOf(decision)}`),
    );
  }

  return {
    element: el(
      "div",
      {},
      el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Diagram" }, drawing),
      caption,
    ),
    /** Shows decisions one after the other. @param {readonly DecisionMessage[]} decisions */
    play(decisions) {
      const drawable = decisions.filter((decision) => ends(decision) !== undefined);
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
        drawable.forEach(light);
        return;
      }
      waiting.push(...drawable);
      if (!isPlaying) playNext();
    },
    /** Forgets what was denied. */
    clear() {
      waiting = [];
      for (const path of paths.values()) if (!path.classList.contains("told")) path.removeAttribute("class");
      fill(caption);
    },
  };
}

/** @param {DecisionMessage} decision */
function whoAsks({ who, onBehalfBy }) {
  if (onBehalfBy) return onBehalfBy;
  /** @type {Record<string, string>} */
  const services = {
    "apigateway.amazonaws.com": "api",
    "events.amazonaws.com": "events",
    "s3.amazonaws.com": "bucket",
  };
  return services[who] ?? who;
}

/** @param {DecisionMessage} decision @param {ReadonlyMap<string, string>} functions By their ARNs. */
function whatIsAsked({ action, resource }, functions) {
  switch (action.split(":")[0]) {
    case "execute-api":
      return "api";
    case "lambda":
      return functions.get(resource.full);
    case "s3": {
      const [, , , , , path = ""] = resource.full.split(":");
      const [, folder] = path.split("/");
      return folder === "audio" || folder === "transcripts" ? folder : "bucket";
    }
    case "sqs":
      return "queue";
    case "transcribe":
      return "transcribe";
    default:
      return undefined;
  }
}

/** What others stand in. @param {Pick<Node, "height">} node */
const isBox = ({ height }) => height > 100;

/** @param {Node} node */
function drawn({ x, y, width, height, label, kind }) {
  return svg(
    "g",
    { class: `node ${kind}${isBox({ height }) ? " box" : ""}` },
    svg("rect", { x, y, width, height, rx: kind === "function" ? 5 : kind === "caller" ? 20 : 2 }),
    svg("text", { x: x + width / 2, y: isBox({ height }) ? y + 24 : y + height / 2 + 5 }, label),
  );
}

/** A curve from the side of one that faces the other. @param {Node} from @param {Node} to */
function between(from, to) {
  const [a, b] = [centre(from), centre(to)];
  const isBeside = from.x + from.width <= to.x || to.x + to.width <= from.x;
  if (!isBeside) {
    const down = b.y > a.y ? 1 : -1;
    const [y1, y2] = [a.y + (down * from.height) / 2, b.y - (down * to.height) / 2 - down * 3];
    return `M${a.x} ${y1}L${b.x} ${y2}`;
  }
  const right = b.x > a.x ? 1 : -1;
  // What faces a tall box meets it at its own height.
  const level = (/** @type {Node} */ node, /** @type {{ y: number }} */ other) =>
    isBox(node)
      ? Math.min(Math.max(other.y, node.y + 14), node.y + node.height - 14)
      : node.y + node.height / 2;
  const [x1, y1] = [a.x + (right * from.width) / 2, level(from, b)];
  const [x2, y2] = [b.x - (right * to.width) / 2 - right * 3, level(to, a)];
  const bend = Math.max(30, Math.abs(x2 - x1) / 2.5) * right;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** @param {Node} node */
function centre({ x, y, width, height }) {
  return { x: x + width / 2, y: y + height / 2 };
}
