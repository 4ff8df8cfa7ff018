/** @import { DecisionMessage, Events, ServiceMessage, WhatIfMessage } from "../messages.ts" */
import { ask } from "./server.js";

/** What the page keeps; older ones are gone, as from a terminal. */
const decisionsKept = 2000;

/** Milliseconds until a closed stream is opened again. */
const patience = 1000;

/**
 * What the page knows of the local run. Whoever shows some of it listens for the event of its name: `service`,
 * `decisions` (whose `detail` holds the new ones), `what-if`, `connection`.
 */
class State extends EventTarget {
  /** @type {ServiceMessage | undefined} */
  service;
  /** @type {readonly DecisionMessage[]} */
  decisions = [];
  /** @type {WhatIfMessage} */
  whatIf = { taken: [], since: 0 };
  /** @type {"connecting" | "live" | "stopped"} */
  connection = "connecting";

  /** Holds a stream of the server's events open, also across the end of one local run and the start of another. */
  connect() {
    const stream = new EventSource("/api/events");
    /**
     * @template {keyof Events} Name
     * @param {Name} name
     * @param {(data: Events[Name]) => void} act
     */
    const on = (name, act) => stream.addEventListener(name, ({ data }) => act(JSON.parse(data)));
    on("hello", ({ run }) => this.#welcome(run));
    on("decisions", (decisions) => this.#add(decisions));
    on("what-if", (whatIf) => {
      this.whatIf = whatIf;
      this.#tell("what-if");
    });
    stream.addEventListener("error", () => {
      this.#become("stopped");
      // The browser tries again by itself after a loss, and not after an answer that was no stream.
      if (stream.readyState !== EventSource.CLOSED) return;
      stream.close();
      setTimeout(() => this.connect(), patience);
    });
  }

  /** @param {string} run */
  async #welcome(run) {
    if (this.service?.run !== run) {
      this.decisions = [];
      try {
        this.service = await ask("GET", "/api/service");
      } catch {
        return; // The stream ends, too.
      }
      this.#tell("service");
    }
    this.#become("live");
  }

  /** @param {readonly DecisionMessage[]} decisions */
  #add(decisions) {
    if (decisions.length === 0) return;
    this.decisions = [...this.decisions, ...decisions].slice(-decisionsKept);
    this.dispatchEvent(new CustomEvent("decisions", { detail: decisions }));
  }

  /** @param {State["connection"]} connection */
  #become(connection) {
    if (this.connection === connection) return;
    this.connection = connection;
    this.#tell("connection");
  }

  /** @param {string} what */
  #tell(what) {
    this.dispatchEvent(new Event(what));
  }
}

export const state = new State();

/** What the local run is; views are shown once it is known. */
export function service() {
  if (!state.service) throw new Error("The local run is not known yet.");
  return state.service;
}
