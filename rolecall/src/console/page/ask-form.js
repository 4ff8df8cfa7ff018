/** @import { ExplanationMessage, HolderMessage } from "../messages.ts" */
import { el, fill, newId } from "./dom.js";
import { explanationParts } from "./explanation.js";
import { ask, messageOf } from "./server.js";
import { service } from "./state.js";

/** A form that asks IAM's rules about any action and resource. */
export function askForm() {
  const { holders } = service();
  const actions = [
    ...new Set(
      holders.flatMap(({ statements, callers }) => [...statements, ...callers].flatMap((one) => one.actions)),
    ),
  ]
    .filter((action) => !/[*?]/.test(action))
    .sort();
  const callers = holders.filter(({ kind }) => kind !== "resource").map((holder) => holder.name);
  const services = [
    ...new Set(holders.flatMap((one) => [...one.callers, ...one.statements].flatMap(({ who }) => who))),
  ];

  const resources = [...holders.filter(({ kind }) => kind !== "developer").map((holder) => holder.name), "*"];

  const principal = field("Who", "principal", [...callers, ...services.filter((who) => who.includes("."))]);
  const action = field("Action", "action", actions, "s3:GetObject");
  const resource = field("Resource", "resource", resources, "arn:aws:s3:::BUCKET/KEY");
  const context = field("Condition keys, if any", "context", [], "s3:prefix=folder/");
  action.input.required = true;
  resource.input.required = true;
  principal.input.required = true;
  const button = el("button", { class: "primary" }, "Ask");
  const answer = el("div", {
    class: "answer",
    role: "region",
    "aria-label": "Answer",
    "aria-live": "polite",
  });
  const hint = newId();
  resource.input.setAttribute("aria-describedby", hint);
  const form = el(
    "form",
    { submit: send },
    el("h2", {}, "Ask IAM"),
    principal.label,
    action.label,
    resource.label,
    el(
      "p",
      { class: "hint", id: hint },
      "An ARN, a function, a route, a logical id, ",
      el("code", {}, "*"),
      " for an action without resource.",
    ),
    context.label,
    button,
  );

  /** @param {SubmitEvent} event */
  async function send(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      const explanation = /** @type {ExplanationMessage} */ (
        await ask("POST", "/api/explain", {
          principal: principal.input.value.trim(),
          action: action.input.value.trim(),
          resource: resource.input.value.trim(),
          context: context.input.value.split(/\s+/).filter(Boolean),
        })
      );
      fill(answer, ...explanationParts(explanation, "h3"));
    } catch (error) {
      fill(answer, el("p", { class: "failure" }, messageOf(error)));
    }
    button.disabled = false;
  }

  return {
    element: el("div", { class: "ask" }, form, answer),
    /** Fills in whom the question is about. @param {HolderMessage} holder */
    about({ kind, name, callers: policies, statements }) {
      const [first] = kind === "resource" ? statements : policies;
      principal.input.value =
        kind === "resource" ? (first?.who.find((who) => who.includes(".")) ?? "developer") : name;
      if (kind === "resource") resource.input.value = name;
      fill(answer);
    },
  };
}

/**
 * @param {string} text
 * @param {string} name
 * @param {readonly string[]} suggestions
 * @param {string} [placeholder]
 */
function field(text, name, suggestions, placeholder = "") {
  const list = newId();
  const input = el("input", {
    name,
    placeholder,
    list: suggestions.length > 0 && list,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
  });
  const options = suggestions.map((value) => el("option", { value }));
  return {
    input,
    label: el(
      "label",
      { class: "field" },
      el("span", {}, text),
      input,
      suggestions.length > 0 && el("datalist", { id: list }, ...options),
    ),
  };
}
