import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Where Chromium is, by the names that systems give it. */
const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const places = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  join(process.env.ProgramFiles ?? "", "Google", "Chrome", "Application", "chrome.exe"),
];

/** @returns the program of the environment variable CHROMIUM or one that is installed; undefined where none is. */
export async function findChromium(): Promise<string | undefined> {
  const { CHROMIUM, PATH = "" } = process.env;
  const onPath = PATH.split(delimiter).flatMap((folder) => programs.map((name) => join(folder, name)));
  for (const program of CHROMIUM ? [CHROMIUM] : [...onPath, ...places]) {
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
