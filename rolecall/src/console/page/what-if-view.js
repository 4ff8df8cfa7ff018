/** @import { DecisionMessage, HolderMessage, ServiceMessage, StatementMessage, WhatIfMessage } from "../messages.ts" */
/** @import { CreateView } from "./view.js" */
import { announce } from "./announce.js";
import { el, fill, refill } from "./dom.js";
import { ask, messageOf } from "./server.js";
import { service, state } from "./state.js";
import {
  actionOf,
  breakable,
  clock,
  code,
  counted,
  isAllowed,
  listed,
  name,
  placeText,
  sidOf,
  verdictOf,
} from "./words.js";

/** @type {CreateView} */
export function whatIfView(container) {
  const { holders, sender } = service();
  const broken = el("ul", { class: "broken" });
  const verdict = el("p", { class: "empty" });
  const status = el("p", { class: "sending", role: "status" });
  /** @type {Map<string, HTMLInputElement>} */
  const boxes = new Map();
  container.append(
    el(
      "div",
      { class: "what-if-view" },
      el(
        "section",
        { "aria-label": "Statements" },
        el("h1", {}, "What if"),
        el(
          "p",
          { class: "about" },
          "Untick an action, and it is out of the statement from the next decision on. No file is changed, and the local run forgets it when it ends.",
        ),
        ...holders.map(holderField),
      ),
      el(
        "aside",
        { "aria-label": "What breaks" },
        el("h2", {}, "What breaks"),
        sender && el("button", { type: "button", class: "primary", click: () => send(sender) }, sender.title),
        el(
          "p",
          { class: "hint" },
          "A message that its function could not handle comes back to it after the queue's visibility timeout, as on AWS. Lambda asks for the right to log when it starts an instance, and not again.",
        ),
        // What comes later stands last, where it moves nothing.
        el("div", { class: "results" }, status, verdict, broken),
      ),
    ),
  );
  const onChange = () => {
    if (state.whatIf.taken.length === 0) status.textContent = "";
    showTaken();
    showBroken();
  };
  state.addEventListener("what-if", onChange);
  state.addEventListener("decisions", showBroken);
  onChange();

  /** @param {HolderMessage} holder */
  function holderField(holder) {
    const statements = [...holder.statements, ...holder.callers];
    return el(
      "fieldset",
      { class: "holder-field" },
      el("legend", {}, ...breakable(holder.name)),
      el(
        "div",
        {},
        ...(statements.length === 0
          ? [el("p", { class: "empty" }, "No statement.")]
          : statements.map((statement) => statementRow(statement, holder.name))),
      ),
    );
  }

  /** @param {StatementMessage} statement @param {string} holderName */
  function statementRow(statement, holderName) {
    const { effect, who, actions, isNotAction, resources, conditions, place } = statement;
    return el(
      "div",
      { class: "statement-row", role: "group", "aria-label": `${holderName}: ${sidOf(statement)}` },
      el("p", { class: "head" }, code(sidOf(statement), "sid"), " ", placeText(place)),
      el(
        "div",
        { class: "ticks" },
        ...actions.map((action) => tick(statement, action, isNotAction)),
        el(
          "span",
          { class: "on" },
          effect === "Deny" ? "denied on " : "on ",
          ...listed(resources.map(name)),
          who.length > 0 && ` for ${who.join(", ")}`,
          conditions.length > 0 && ", if ",
          ...listed(conditions.map(name)),
        ),
      ),
    );
  }

  /** @param {StatementMessage} statement @param {string} action @param {boolean} isFixed */
  function tick({ holder, policy, index }, action, isFixed) {
    const box = el("input", {
      type: "checkbox",
      checked: true,
      disabled: isFixed,
      change: () => change(box, { holder, policy, index, action }),
    });
    boxes.set(keyOf({ holder, policy, index, action }), box);
    return el("label", { class: "tick" }, box, " ", code(action));
  }

  /** @param {HTMLInputElement} box @param {Taken} taken */
  async function change(box, taken) {
    try {
      await ask("POST", "/api/what-if", { ...taken, isAllowed: box.checked });
      announce(`${taken.action} is ${box.checked ? "back" : "taken out"}`, true);
      status.textContent = "";
    } catch (error) {
      box.checked = !box.checked;
      status.textContent = `Nothing was changed: ${messageOf(error)}`;
    }
  }

  /** @param {NonNullable<ServiceMessage["sender"]>} sender */
  async function send({ path, view }) {
    status.textContent = "Sending it …";
    try {
      const { id } = /** @type {{ id: string }} */ (await ask("POST", path));
      fill(status, "It was taken: ", el("a", { href: `#/${view}/${id}` }, "see how far it gets"), ".");
    } catch (error) {
      status.textContent = `It was not taken: ${messageOf(error)}`;
    }
  }

  function showTaken() {
    const taken = new Set(state.whatIf.taken.map(keyOf));
    for (const [key, box] of boxes) {
      box.checked = !taken.has(key);
      box.closest(".tick")?.classList.toggle("taken", taken.has(key));
    }
  }

  function showBroken() {
    const { taken, since } = state.whatIf;
    const denied =
      taken.length === 0 ? [] : state.decisions.filter((one) => one.number > since && !isAllowed(one));
    verdict.textContent =
      taken.length === 0
        ? "Nothing is taken out."
        : denied.length === 0
          ? `${counted(taken.length, "action")} taken out, and nothing refused since. Send something through.`
          : `${counted(taken.length, "action")} taken out, ${counted(denied.length, "decision")} refused since:`;
    refill(broken, ...denied.slice(-50).map(brokenItem));
  }

  return {
    show() {},
    close() {
      state.removeEventListener("what-if", onChange);
      state.removeEventListener("decisions", showBroken);
    },
  };
}

/** @typedef {Pick<WhatIfMessage["taken"][number], "holder" | "policy" | "index" | "action">} Taken */

/** @param {Taken} taken */
const keyOf = ({ holder, policy, index, action }) => [holder, policy, index, action].join(" ");

/** @param {DecisionMessage} decision */
function brokenItem(decision) {
  const { number, time, who, resource } = decision;
  return el(
    "li",
    {},
    el(
      "a",
      { href: `#/decisions/${number}`, "data-key": number },
      el("span", { class: "time" }, clock(time)),
      " ",
      el("strong", {}, who),
      " ",
      code(actionOf(decision)),
      " ",
      code(resource.short, "resource"),
      " ",
      el("span", { class: "outcome" }, verdictOf(decision)),
    ),
  );
}
