/** @import { DecisionDetail, DecisionMessage } from "../messages.ts" */
/** @import { CreateView } from "./view.js" */
import { announce } from "./announce.js";
import { el, fill } from "./dom.js";
import { explanationParts } from "./explanation.js";
import { ask, messageOf } from "./server.js";
import { service, state } from "./state.js";
import { actionOf, breakable, clock, counted, isAllowed, sentence, verdictOf } from "./words.js";

/** Pixels from the list's end within which it follows what comes. */
const nearEnd = 40;

/** Rows at most; more are a matter for the filter. */
const mostRows = 1000;

/** @type {CreateView} */
export function decisionsView(container) {
  const who = el("select", { change: refill }, el("option", { value: "" }, "Everyone"));
  const action = el("input", {
    type: "search",
    placeholder: "s3:GetObject",
    autocomplete: "off",
    spellcheck: "false",
    input: refill,
  });
  const outcome = el(
    "select",
    { change: refill },
    el("option", { value: "" }, "All"),
    el("option", { value: "allowed" }, "Allowed"),
    el("option", { value: "denied" }, "Denied"),
  );
  const hideLogs = el("input", { type: "checkbox", change: refill });
  const pause = el("button", { type: "button", "aria-pressed": "false", click: togglePause }, "Pause");
  const count = el("p", { class: "count" });
  const list = el("ol", { class: "rows", "aria-label": "Decisions", keydown: move });
  const empty = el("p", { class: "empty" });
  const scroll = el("div", { class: "stream" }, list, empty);
  const detail = el("section", {
    class: "detail",
    "aria-label": "The decision",
    hidden: true,
    keydown: closeOnEscape,
  });
  container.append(
    el(
      "div",
      { class: "decisions" },
      el(
        "div",
        { class: "title" },
        el("h1", {}, "Decisions"),
        el("label", { class: "inline" }, "Who ", who),
        el("label", { class: "inline" }, "Action ", action),
        el("label", { class: "inline" }, "Outcome ", outcome),
        el("label", { class: "toggle" }, hideLogs, " Hide logs"),
        pause,
        count,
      ),
      el(
        "div",
        { class: "split" },
        el(
          "div",
          { class: "list" },
          el(
            "div",
            { class: "row columns", "aria-hidden": "true" },
            ...["Time", "Who", "Action", "Resource", "Decision"].map((text) => el("span", {}, text)),
          ),
          scroll,
        ),
        detail,
      ),
    ),
  );

  /** @type {Set<string>} */
  const known = new Set();
  for (const { kind, name } of service().holders) if (kind !== "resource") know(name);
  let isPaused = false;
  let missed = 0;
  /** @type {string | undefined} */
  let opened;
  const add = (/** @type {Event} */ event) => {
    if (event instanceof CustomEvent) append(event.detail);
  };
  state.addEventListener("decisions", add);
  refill();

  /** @param {string} name */
  function know(name) {
    if (known.has(name)) return;
    known.add(name);
    who.append(el("option", { value: name }, name));
  }

  /** @param {DecisionMessage} decision */
  function isWanted(decision) {
    if (who.value !== "" && decision.who !== who.value) return false;
    if (outcome.value !== "" && isAllowed(decision) !== (outcome.value === "allowed")) return false;
    if (hideLogs.checked && decision.action.startsWith("logs:")) return false;
    return actionOf(decision).toLowerCase().includes(action.value.trim().toLowerCase());
  }

  function refill() {
    for (const decision of state.decisions) know(decision.who);
    fill(list, ...state.decisions.filter(isWanted).slice(-mostRows).map(row));
    missed = 0;
    scroll.scrollTop = scroll.scrollHeight;
    settle();
  }

  /** @param {readonly DecisionMessage[]} decisions */
  function append(decisions) {
    tell(decisions);
    if (isPaused) {
      missed += decisions.length;
      settle();
      return;
    }
    for (const decision of decisions) know(decision.who);
    const isFollowing = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < nearEnd;
    list.append(...decisions.filter(isWanted).map(row));
    while (list.children.length > mostRows) list.firstElementChild?.remove();
    if (isFollowing) scroll.scrollTop = scroll.scrollHeight;
    settle();
  }

  function settle() {
    const shown = list.children.length;
    const all = state.decisions.length;
    count.textContent = isPaused ? `paused, ${missed} new` : shown === all ? `${all}` : `${shown} of ${all}`;
    empty.hidden = shown > 0;
    empty.textContent =
      all > 0
        ? "None of the decisions so far is of this kind."
        : "Nothing was asked yet. Call the service, and each decision stands here.";
    const rows = [...list.querySelectorAll("a")];
    if (!rows.some(({ tabIndex }) => tabIndex === 0)) rows.at(-1)?.setAttribute("tabindex", "0");
  }

  /** @param {DecisionMessage} decision */
  function row(decision) {
    const { number, time, resource, telling } = decision;
    return el(
      "li",
      {},
      el(
        "a",
        {
          class: `row ${isAllowed(decision) ? "" : "denied"}`,
          href: `#/decisions/${number}`,
          tabindex: "-1",
          "aria-current": opened === String(number) && "true",
        },
        el("span", { class: "time" }, clock(time)),
        " ",
        el("span", {}, decision.who),
        " ",
        el("code", {}, actionOf(decision)),
        " ",
        el("code", { class: "resource", title: resource.full }, [resource.short, ...telling].join(", ")),
        " ",
        el("span", { class: "outcome" }, verdictOf(decision)),
      ),
    );
  }

  function togglePause() {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    if (isPaused) settle();
    else refill();
  }

  /** One row is in the order of tabs; the arrows go to the others. @param {KeyboardEvent} event */
  function move(event) {
    const rows = [...list.querySelectorAll("a")];
    const at = rows.findIndex((one) => one.matches(":focus"));
    /** @type {Record<string, number>} */
    const targets = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 };
    const target = rows[targets[event.key] ?? -1];
    if (!target) return;
    event.preventDefault();
    focusRow(target);
  }

  /** @param {HTMLAnchorElement} target */
  function focusRow(target) {
    for (const one of list.querySelectorAll("a[tabindex='0']")) one.setAttribute("tabindex", "-1");
    target.setAttribute("tabindex", "0");
    target.focus();
  }

  /** @param {KeyboardEvent} event */
  function closeOnEscape(event) {
    if (event.key === "Escape") location.hash = "#/decisions";
  }

  /** @param {string | undefined} number */
  async function open(number) {
    const before = opened;
    opened = number;
    container.classList.toggle("has-detail", number !== undefined);
    for (const one of list.querySelectorAll("a")) {
      if (number !== undefined && one.getAttribute("href") === `#/decisions/${number}`) {
        one.setAttribute("aria-current", "true");
        one.scrollIntoView({ block: "nearest" });
      } else one.removeAttribute("aria-current");
    }
    if (number === undefined) {
      detail.hidden = true;
      const left = list.querySelector(`a[href="#/decisions/${before}"]`);
      if (before !== undefined && left instanceof HTMLAnchorElement) focusRow(left);
      return;
    }
    try {
      const found = /** @type {DecisionDetail} */ (
        await ask("GET", `/api/decisions/${encodeURIComponent(number)}`)
      );
      if (opened === number) showDetail(found);
    } catch (error) {
      if (opened === number) fill(detail, closeLink(), el("p", { class: "failure" }, messageOf(error)));
    }
    detail.hidden = false;
  }

  /** @param {DecisionDetail} found */
  function showDetail({ decision, explanation, isWhatIf }) {
    const heading = el("h2", { tabindex: "-1" }, ...breakable(`${decision.who} ${actionOf(decision)}`));
    const { about } = service();
    fill(
      detail,
      closeLink(),
      heading,
      el(
        "p",
        { class: "about" },
        `No. ${decision.number}, ${clock(decision.time)}`,
        isWhatIf && ", while What if had changed a policy",
        about && decision.about && ", ",
        about && decision.about && el("a", { href: `#/${about.view}/${decision.about}` }, about.title),
      ),
      ...explanationParts(explanation, "h3"),
    );
    detail.hidden = false;
    for (const context of detail.querySelectorAll("details")) context.open = true;
    detail.scrollTop = 0;
    heading.focus({ preventScroll: true });
  }

  return {
    show: open,
    close() {
      state.removeEventListener("decisions", add);
      container.classList.remove("has-detail");
    },
  };
}

function closeLink() {
  return el("a", { class: "close", href: "#/decisions" }, "Close");
}

/** For those who hear the page: how many, and the denials. @param {readonly DecisionMessage[]} decisions */
function tell(decisions) {
  const denied = decisions.filter((decision) => !isAllowed(decision));
  const [first] = denied;
  announce(
    first === undefined
      ? counted(decisions.length, "decision")
      : `${counted(denied.length, "denial")}: ${sentence(first)}`,
    first !== undefined,
  );
}
