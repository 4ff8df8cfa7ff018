/** @import { HolderMessage, StatementMessage, SummaryMessage } from "../messages.ts" */
/** @import { CreateView } from "./view.js" */
import { announce } from "./announce.js";
import { askForm } from "./ask-form.js";
import { el, fill, newId } from "./dom.js";
import { service, state } from "./state.js";
import { breakable, code, listed, name, placeText, sidOf } from "./words.js";

/** @type {CreateView} */
export function functionsView(container) {
  const { holders } = service();
  const list = el("nav", { class: "holders", "aria-label": "Functions and resources" });
  const content = el("div", { class: "holder" });
  const form = askForm();
  const fullArns = el("input", {
    type: "checkbox",
    change: () => container.classList.toggle("full-arns", fullArns.checked),
  });
  container.append(
    el("div", { class: "functions" }, list, content, el("aside", { "aria-label": "Ask IAM" }, form.element)),
  );
  const kinds = {
    function: "Functions",
    resource: "Policies of resources",
    developer: "Callers",
  };
  for (const [kind, title] of Object.entries(kinds)) {
    const ofKind = holders.filter((holder) => holder.kind === kind);
    if (ofKind.length === 0) continue;
    list.append(
      el("p", { id: `holders-${kind}` }, title),
      el(
        "ul",
        { "aria-labelledby": `holders-${kind}` },
        ...ofKind.map((holder) =>
          el(
            "li",
            {},
            el("a", { href: `#/functions/${encodeURIComponent(holder.name)}` }, ...breakable(holder.name)),
          ),
        ),
      ),
    );
  }

  const toggle = el("label", { class: "toggle" }, fullArns, " Full ARNs");
  /** @type {HolderMessage | undefined} */
  let shown;
  const mark = () => markTaken(content);
  state.addEventListener("what-if", mark);
  return {
    show(wanted) {
      const holder = holders.find((one) => one.name === wanted) ?? holders[0];
      if (!holder || holder === shown) return;
      const isFirst = shown === undefined;
      shown = holder;
      for (const link of list.querySelectorAll("a")) {
        if (link.textContent === holder.name) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
      const heading = el("h1", {}, ...breakable(holder.name));
      fill(content, el("div", { class: "title" }, heading, toggle), ...holderParts(holder));
      mark();
      form.about(holder);
      if (!isFirst) announce(`${holder.name} is shown`);
    },
    close() {
      state.removeEventListener("what-if", mark);
      container.classList.remove("full-arns");
    },
  };
}

/** @param {HolderMessage} holder */
function holderParts(holder) {
  const { kind, description, place, type, arn, role, statements, callers, polls } = holder;
  const routes = service().routes.filter(({ functionKey }) => functionKey === holder.id);
  return [
    el("p", { class: "about" }, description ?? type ?? "", " ", placeText(place)),
    el(
      "dl",
      { class: "facts" },
      ...(role
        ? [
            el("dt", {}, "Role"),
            el("dd", {}, code(role.arn)),
            el("dt", {}, "Trusts"),
            el("dd", {}, code(role.trusts.join(", ")), " to assume it"),
          ]
        : []),
      ...(role?.boundary ? [el("dt", {}, "Boundary"), el("dd", {}, code(role.boundary))] : []),
      ...(arn ? [el("dt", {}, kind === "function" ? "Function" : "ARN"), el("dd", {}, code(arn))] : []),
    ),
    kind === "function" && resourceSummary(holder),
    el("h2", {}, kind === "resource" ? "Who may do what with it" : "What it may do, statement by statement"),
    statements.length === 0
      ? el("p", { class: "empty" }, "Nothing: no policy has a statement.")
      : el("ul", { class: "statements" }, ...statements.map(statementItem)),
    ...(kind === "function"
      ? [
          el("h2", {}, "Who may invoke it"),
          callers.length + polls.length === 0 &&
            el("p", { class: "empty" }, "No service: it has no resource-based policy."),
          el("ul", { class: "statements" }, ...callers.map(statementItem), ...polls.map(pollItem)),
          routes.length > 0 &&
            el(
              "ul",
              { class: "routes" },
              ...routes.map(({ routeKey, authorization, invokes, place: line }) =>
                el(
                  "li",
                  {},
                  code(routeKey),
                  authorization === "AWS_IAM"
                    ? " lets in whoever signs and may execute-api:Invoke on "
                    : ` lets in by ${authorization === "NONE" ? "nothing: it is open to everybody" : authorization}: `,
                  name(invokes),
                  " ",
                  placeText(line),
                ),
              ),
            ),
        ]
      : []),
  ];
}

/** As the Lambda console shows it: of one service or of all, by action or by resource. @param {HolderMessage} holder */
function resourceSummary({ byAction, byResource }) {
  const services = [...new Set(byResource.map((summary) => summary.service))].sort();
  const table = el("div", {
    class: "scroll",
    tabindex: "0",
    role: "group",
    "aria-label": "Resource summary",
  });
  const group = newId();
  const choose = el(
    "select",
    { "aria-label": "Service", change: show },
    el("option", { value: "" }, "All services"),
    ...services.map((title) => el("option", { value: title }, `${title}: ${sizeOf(title)}`)),
  );
  const by = (/** @type {string} */ value, /** @type {string} */ label, /** @type {boolean} */ isFirst) =>
    el(
      "label",
      { class: "segment" },
      el("input", { type: "radio", name: group, value, checked: isFirst, change: show }),
      ` ${label}`,
    );
  const ways = el(
    "fieldset",
    { class: "segments" },
    el("legend", { class: "unseen" }, "Summary by"),
    by("resource", "By resource", true),
    by("action", "By action", false),
  );
  show();
  return el(
    "section",
    { "aria-label": "Resource summary" },
    el("div", { class: "title" }, el("h2", {}, "Resource summary"), choose, ways),
    table,
  );

  /** @param {string} title */
  function sizeOf(title) {
    const ofService = (/** @type {readonly SummaryMessage[]} */ all) =>
      all.filter((one) => one.service === title).length;
    return `${ofService(byAction)} actions, ${ofService(byResource)} resources`.replace(
      /\b1 (\w+)s/g,
      "1 $1",
    );
  }

  function show() {
    const isByAction = ways.querySelector("input:checked")?.getAttribute("value") === "action";
    const rows = (isByAction ? byAction : byResource).filter(
      (one) => choose.value === "" || one.service === choose.value,
    );
    fill(table, summaryTable(rows, isByAction));
  }
}

/** @param {readonly SummaryMessage[]} summaries @param {boolean} isByAction */
function summaryTable(summaries, isByAction) {
  const headings = isByAction ? ["Action", "Resources"] : ["Resource", "Actions"];
  return el(
    "table",
    { class: "summary" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...[...headings, "Condition", "Statement"].map((text) => el("th", { scope: "col" }, text)),
      ),
    ),
    el(
      "tbody",
      {},
      ...summaries.flatMap(({ subject, grants }) =>
        grants.map(({ effect, on, conditionKeys, sid }, index) =>
          el(
            "tr",
            {},
            index === 0 && el("th", { scope: "rowgroup", rowspan: grants.length }, name(subject)),
            el("td", {}, effect === "Deny" ? "Deny: " : "Allow: ", ...listed(on.map(name))),
            el("td", {}, ...listed(conditionKeys.map((key) => code(key)))),
            el("td", {}, code(sid ?? "")),
          ),
        ),
      ),
    ),
  );
}

/** @param {StatementMessage} statement */
function statementItem(statement) {
  const { effect, who, actions, isNotAction, resources, isNotResource, conditions, why, place, isAdded } =
    statement;
  return el(
    "li",
    { class: effect === "Deny" && "deny" },
    el(
      "p",
      { class: "head" },
      code(sidOf(statement), "sid"),
      " ",
      placeText(place),
      isAdded && el("span", { class: "tag" }, "added"),
      el("span", { class: "tag taken", hidden: true, "data-statement": keyOf(statement) }),
    ),
    why && el("p", { class: "why" }, why),
    el(
      "dl",
      { class: "facts" },
      ...(who.length > 0 ? [el("dt", {}, "Principal"), el("dd", {}, code(who.join(", ")))] : []),
      el("dt", {}, isNotAction ? `${effect} all but` : effect),
      el("dd", {}, ...listed(actions.map((action) => code(action)))),
      el("dt", {}, isNotResource ? "on all but" : "on"),
      el("dd", {}, ...listed(resources.map(name))),
      ...conditions.flatMap((condition) => [el("dt", {}, "if"), el("dd", {}, name(condition))]),
    ),
  );
}

/** @param {HolderMessage["polls"][number]} poll */
function pollItem({ source, place }) {
  return el(
    "li",
    {},
    el("p", { class: "head" }, el("span", { class: "sid" }, "Event source mapping"), " ", placeText(place)),
    el("p", { class: "why" }, "Lambda polls with the function's own role, and invokes it with what it finds"),
    el("dl", { class: "facts" }, el("dt", {}, "polls"), el("dd", {}, name(source))),
  );
}

/** @param {{ readonly holder: string, readonly policy: string, readonly index: number }} statement */
const keyOf = ({ holder, policy, index }) => `${holder} ${policy} ${index}`;

/** Says at each statement what What if has taken out of it. @param {HTMLElement} content */
function markTaken(content) {
  for (const tag of content.querySelectorAll("[data-statement]")) {
    if (!(tag instanceof HTMLElement)) continue;
    const taken = state.whatIf.taken.filter((one) => keyOf(one) === tag.dataset.statement);
    tag.hidden = taken.length === 0;
    tag.textContent = `taken out: ${taken.map(({ action }) => action).join(", ")}`;
  }
}
