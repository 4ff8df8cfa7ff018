export const escapeXml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

export interface Drawing {
  /** For those who cannot see it. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** CSS of what is drawn, and what of it is different on a dark ground. */
  readonly styles: string;
  readonly darkStyles: string;
  readonly shapes: readonly string[];
}

/** Around what is drawn. */
const margin = 8;

/**
 * SVG that follows the reader's system, light or dark, on a ground of its own: a page can be in the other theme, as
 * GitHub's can.
 */
export function drawing({ title, width, height, styles, darkStyles, shapes }: Drawing): string {
  const whole = { width: width + 2 * margin, height: height + 2 * margin };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-margin} ${-margin} ${whole.width} ${whole.height}" width="${whole.width}" role="img" aria-label="${escapeXml(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.ground { fill: #ffffff }
${styles}
@media (prefers-color-scheme: dark) {
  text { fill: #d1d7e0 }
  .ground { fill: #0d1117 }
${darkStyles}
}
</style>
<path d="M${-margin} ${-margin}h${whole.width}v${whole.height}H${-margin}z" class="ground"/>
${shapes.join("\n")}
</svg>
`;
}
