import type { BarChart } from "./report/bar-chart.ts";
import type { LineChart } from "./report/line-chart.ts";

/** A measurement that `pnpm bench NAME` makes. */
export interface Bench {
  /** As it is asked for. */
  readonly name: string;
  /** Over its tables. */
  readonly title: string;
  /** About how long it takes with its own number of rounds, on a machine with two cores. */
  readonly seconds: number;
  /** @throws Error when what is measured does not do what it should. */
  run(options: BenchOptions): Promise<Report>;
}

export interface BenchOptions {
  /** The folder of serverless.yml. */
  readonly root: string;
  /** Of a temporary folder of this run's, empty. */
  readonly temporary: string;
  /** How often everything is measured, where the bench does not say otherwise; undefined for the bench's own number. */
  readonly rounds: number | undefined;
  /** Told what is being done, for people. */
  readonly onProgress: (text: string) => void;
}

export interface Report {
  /** One line: what was measured on, and how often. */
  readonly conditions: string;
  readonly tables: readonly Table[];
  /** Drawn in the page only. */
  readonly charts: readonly (BarChart | LineChart)[];
  /** Everything measured, for machines. */
  readonly data: object;
}

export interface Table {
  readonly caption: string;
  /** Headings. Columns after the first hold figures, and are aligned to the right. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
