import { announce } from "./announce.js";
import { decisionsView } from "./decisions-view.js";
import { byId, el, fill } from "./dom.js";
import { functionsView } from "./functions-view.js";
import { ask, messageOf } from "./server.js";
import { service, state } from "./state.js";
import { whatIfView } from "./what-if-view.js";
import { counted } from "./words.js";

/** @import { CredentialsMessage } from "../messages.ts" */
/** @import { CreateView, View } from "./view.js" */

/** @type {Record<string, { title: string, create: CreateView }>} */
const views = {
  functions: { title: "Functions", create: functionsView },
  decisions: { title: "Decisions", create: decisionsView },
  "what-if": { title: "What if", create: whatIfView },
};

/** Resolves when it is applied, so that nothing moves afterwards; a view without a style is shown all the same. @param {string} href */
function addStyle(href) {
  const { promise, resolve } = Promise.withResolvers();
  const link = el("link", { rel: "stylesheet", href, load: resolve, error: resolve });
  document.head.append(link);
  return promise;
}

/** Adds the views that the service brings along. */
async function addViews() {
  for (const { name, title } of service().views) {
    if (name in views) continue;
    const { createView } = /** @type {{ createView: CreateView }} */ (await import(`/${name}-view.js`));
    views[name] = { title, create: createView };
    await addStyle(`/${name}.css`);
    byId("what-if-link", HTMLElement).before(el("li", {}, el("a", { href: `#/${name}` }, title)));
  }
}

const main = byId("main", HTMLElement);

/** @type {{ name: string, view: View } | undefined} */
let open;

/** Shows what the address names. */
function follow() {
  if (!state.service) return;
  const [, wanted = "", parameter] = location.hash.split("/");
  const name = wanted in views ? wanted : "functions";
  const isOther = open?.name !== name;
  if (isOther) {
    const isFirst = open === undefined;
    open?.view.close();
    fill(main);
    const { title, create } = /** @type {typeof views[string]} */ (views[name]);
    open = { name, view: create(main) };
    document.title = `${title} · ${service().service}`;
    for (const link of document.querySelectorAll("#views a")) {
      if (link.getAttribute("href") === `#/${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (!isFirst) {
      main.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }
  open?.view.show(parameter === undefined ? undefined : decodeURIComponent(parameter));
}

const connections = {
  connecting: "connecting",
  live: "live",
  stopped: "stopped",
};

function showConnection() {
  const place = byId("connection", HTMLElement);
  place.dataset.state = state.connection;
  place.textContent = connections[state.connection];
}

function showNotices() {
  const { taken } = state.whatIf;
  const isStopped = state.connection === "stopped";
  fill(
    byId("notices", HTMLElement),
    isStopped &&
      el(
        "p",
        { class: "notice stopped" },
        el(
          "span",
          {},
          el("strong", {}, "The local run has stopped."),
          " What you see is what it said last. Start it again with ",
          el("code", {}, "pnpm start"),
          ": this page goes on by itself.",
        ),
      ),
    taken.length > 0 &&
      el(
        "p",
        { class: "notice" },
        el(
          "span",
          {},
          el("strong", {}, "What if: "),
          `${counted(taken.length, "action")} taken out (${taken.map(({ name, sid, action }) => `${name}: ${sid} ${action}`).join("; ")}).`,
        ),
        el(
          "button",
          {
            type: "button",
            click: () => {
              main.focus({ preventScroll: true });
              void ask("DELETE", "/api/what-if").catch((error) => announce(messageOf(error), true));
            },
          },
          "Put everything back",
        ),
      ),
  );
}

function showRun() {
  const { service: name, stage, region, api, endpoint, buckets, speech, accountId } = service();
  byId("service", HTMLElement).textContent = `${name} · ${stage}`;
  const credentials = el("div");
  fill(
    byId("about", HTMLElement),
    el("h2", {}, "This run"),
    el(
      "dl",
      { class: "facts" },
      ...Object.entries({
        API: api,
        Endpoint: endpoint,
        ...(buckets.length > 0 && { Buckets: buckets.join(", ") }),
        Region: region,
        Account: accountId,
      }).flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, el("code", {}, value))]),
      el("dt", {}, "Speech"),
      el("dd", {}, speech),
    ),
    el(
      "p",
      {},
      "Made up for this run: ",
      el(
        "button",
        { type: "button", click: () => showCredentials(credentials) },
        "Show the developer's credentials",
      ),
    ),
    credentials,
  );
}

/** @param {HTMLElement} place */
async function showCredentials(place) {
  try {
    const given = /** @type {CredentialsMessage} */ (await ask("POST", "/api/credentials", {}));
    const lines = [
      `export AWS_REGION=${given.region}`,
      `export AWS_ACCESS_KEY_ID=${given.accessKeyId}`,
      `export AWS_SECRET_ACCESS_KEY=${given.secretAccessKey}`,
      `export AWS_SESSION_TOKEN=${given.sessionToken}`,
    ];
    fill(place, el("pre", { tabindex: "0", "aria-label": "Credentials" }, lines.join("\n")));
  } catch (error) {
    fill(place, el("p", { class: "failure" }, messageOf(error)));
  }
}

state.addEventListener("connection", () => {
  showConnection();
  showNotices();
  if (state.connection === "stopped") announce("The local run has stopped.", true);
  else if (state.connection === "live") announce("The local run is there.", true);
});
state.addEventListener("what-if", showNotices);
state.addEventListener("service", async () => {
  try {
    await addViews();
  } catch (error) {
    announce(`A view of the service's own cannot be shown: ${messageOf(error)}`, true);
  }
  showRun();
  open?.view.close();
  open = undefined;
  follow();
});
addEventListener("hashchange", follow);
byId("skip", HTMLAnchorElement).addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
showConnection();
state.connect();
