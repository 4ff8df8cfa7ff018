/*
 * What the tests have the browser do inside the page. Each is sent there as its text, so none knows anything but its
 * arguments.
 */

/**
 * The lines of the diagram that light up, until one does.
 *
 * @param {string} last
 * @returns {Promise<string[]>}
 */
export function litLinesUntil(last) {
  return new Promise((resolve) => {
    /** @type {Set<string>} */
    const lit = new Set();
    const observer = new MutationObserver((changes) => {
      for (const { target } of changes) {
        if (target instanceof SVGElement && target.classList.contains("lit"))
          lit.add(target.dataset.line ?? "");
      }
      if (lit.has(last)) resolve([...lit]);
    });
    const edges = document.querySelector(".edges");
    if (edges) observer.observe(edges, { attributes: true, subtree: true });
  });
}

/** @param {HTMLElement | SVGElement} element An audio element. */
export async function play(element) {
  if (!(element instanceof HTMLAudioElement)) return "is no audio";
  await element.play();
  return "plays";
}

/** @param {HTMLElement | SVGElement} element @param {{ name: string, bytes: number[] }} file */
export function dropFile(element, { name, bytes }) {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([Uint8Array.from(bytes)], name, { type: "audio/wav" }));
  element.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}

/** How much has moved that nobody moved, as browsers count it: https://web.dev/articles/cls */
export function layoutShift() {
  return new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } =
          /** @type {PerformanceEntry & { value: number, hadRecentInput: boolean }} */ (entry);
        if (!hadRecentInput) sum += value;
      }
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 50);
  });
}

/** Pixels that the page is wider than its window. */
export function overflow() {
  const { scrollWidth, clientWidth } = document.documentElement;
  return Math.max(0, scrollWidth - clientWidth);
}

/**
 * What IBM's accessibility engine, which has to be in the page, finds against WCAG 2.2 A and AA.
 *
 * @returns {Promise<string[]>}
 */
export async function accessibilityViolations() {
  /** @type {any} */
  const { ace } = globalThis;
  /** @type {{ results: { ruleId: string, value: [string, string], message: string, snippet: string }[] }} */
  const report = await new ace.Checker().check(document, ["WCAG_2_2"]);
  return report.results
    .filter(({ value: [kind, verdict] }) => kind === "VIOLATION" && verdict === "FAIL")
    .map(({ ruleId, message, snippet }) => `${ruleId}: ${message} ${snippet}`);
}
