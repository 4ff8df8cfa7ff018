/** @import { ContextMessage, ExplanationMessage, StatementReference, StepMessage } from "../messages.ts" */
import { el, unseen } from "./dom.js";
import { code, counted, name, placeText } from "./words.js";

/**
 * Why IAM allows or denies something.
 *
 * @param {ExplanationMessage} explanation
 * @param {"h2" | "h3"} heading
 */
export function explanationParts(explanation, heading) {
  const { principal, action, resource, outcome, why, by, nearest, changes, notes, steps, context } =
    explanation;
  const isAllowed = outcome === "allowed";
  return [
    el(
      "p",
      { class: `verdict ${isAllowed ? "allowed" : "denied"}` },
      el("strong", {}, isAllowed ? "✔ Allowed" : "✘ Denied"),
      ": ",
      why,
      by && " (",
      by && reference(by),
      by && ")",
    ),
    nearest &&
      el(
        "div",
        { class: "nearest" },
        el(heading, {}, "The nearest statement, and what differs"),
        el("p", {}, reference(nearest.statement, true)),
        el("ul", {}, ...nearest.differences.map((says) => el("li", {}, says))),
      ),
    changes.length > 0 &&
      el(
        "div",
        {},
        el(heading, {}, "What would allow it"),
        el(
          "ul",
          {},
          ...changes.map(({ says, place, inCall }) =>
            el("li", {}, inCall ? "The call: " : "", says, " ", placeText(place)),
          ),
        ),
      ),
    ...notes.map((note) => el("p", { class: "note" }, note)),
    el(heading, {}, "The request"),
    el(
      "dl",
      { class: "facts" },
      ...row("Principal", code(principal.arn)),
      ...row("Action", code(action)),
      ...row("Resource", name(resource)),
    ),
    el(heading, {}, "Step by step"),
    el("ol", { class: "steps" }, ...steps.map(step)),
    contextTable(context),
  ];
}

/** @param {string} term @param {Node} value */
function row(term, value) {
  return [el("dt", {}, term), el("dd", {}, value)];
}

/** @param {StatementReference} statement @param {boolean} [isNamed] */
function reference({ name: sid, kind, place }, isNamed = false) {
  return el(
    "span",
    { class: "reference" },
    isNamed && code(sid, "sid"),
    isNamed && " ",
    kind,
    place && ", ",
    placeText(place),
  );
}

/** @param {readonly ContextMessage[]} context */
function contextTable(context) {
  const ordered = [...context].sort((a, b) => Number(b.isLookedAt) - Number(a.isLookedAt));
  const looked = context.filter(({ isLookedAt }) => isLookedAt).length;
  return el(
    "details",
    { class: "context" },
    el(
      "summary",
      {},
      `Request context: ${counted(context.length, "key")}, a statement looks at ${looked || "none"}`,
    ),
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Key"), el("th", { scope: "col" }, "Value"))),
      el(
        "tbody",
        {},
        ...ordered.map(({ key, values, isLookedAt }) =>
          el(
            "tr",
            { class: isLookedAt && "looked-at" },
            el("th", { scope: "row" }, code(key), isLookedAt && unseen(", looked at")),
            el("td", {}, code(values.join(", ") || '""')),
          ),
        ),
      ),
    ),
  );
}

/** @param {StepMessage} asked */
function step({ asks, answer, statements }) {
  return el(
    "li",
    {},
    el("p", {}, asks, " ", el("strong", {}, answer)),
    statements.length > 0 &&
      el(
        "ul",
        { class: "asked" },
        ...statements.map(({ name: sid, effect, applies, decides, parts, place }) =>
          el(
            "li",
            { class: decides && "decides" },
            el(
              "p",
              {},
              mark(applies, applies ? "applies" : "does not apply"),
              ` ${effect} `,
              code(sid, "sid"),
              " ",
              placeText(place),
              decides && el("strong", { class: "deciding" }, "decides"),
            ),
            el(
              "ul",
              { class: "parts" },
              ...parts.map(({ part, fits, says }) =>
                el(
                  "li",
                  {},
                  mark(fits, fits ? "fits" : "does not fit"),
                  " ",
                  el("span", { class: "part" }, part),
                  " ",
                  code(says),
                ),
              ),
            ),
          ),
        ),
      ),
  );
}

/** @param {boolean} fits @param {string} text For those who do not see the sign. */
function mark(fits, text) {
  return el(
    "span",
    { class: fits ? "mark fits" : "mark" },
    el("span", { "aria-hidden": "true" }, fits ? "✔" : "✘"),
    unseen(text),
  );
}
