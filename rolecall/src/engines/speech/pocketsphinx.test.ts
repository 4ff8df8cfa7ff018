import { describe, expect, it } from "vitest";
import { parseContinuous, parseSingle } from "./pocketsphinx.ts";

/** As release 0.8 wrote it for two utterances, of which the second has one word. */
const continuous = `the(2) engine listens to
<s> 0.000 0.090 0.999900
the(2) 0.100 0.350 0.672707
engine 0.360 0.730 0.496545
<sil> 0.740 0.800 0.737687
listens 0.810 1.260 0.982552
to 1.270 1.410 1.000100
[SPEECH] 1.420 1.480 0.516140
</s> 1.490 1.530 1.000000
no
<s> 3.910 3.980 0.999600
no 3.990 4.230 0.969375
</s> 4.240 4.600 1.000000
`;

describe("what pocketsphinx_continuous writes", () => {
  it("becomes words with times and confidences, without markers and numbers of pronunciations", () => {
    expect(parseContinuous(continuous)).toEqual([
      { content: "the", start: 0.1, end: 0.35, confidence: 0.672707 },
      { content: "engine", start: 0.36, end: 0.73, confidence: 0.496545 },
      { content: "listens", start: 0.81, end: 1.26, confidence: 0.982552 },
      { content: "to", start: 1.27, end: 1.41, confidence: 1 },
      { content: "no", start: 3.99, end: 4.23, confidence: 0.969375 },
    ]);
  });

  it.each(["", "\n", "\n<s> 0.000 0.940 1.000100\n</s> 0.950 0.980 1.000000\n"])(
    "is no word for silence: %j",
    (output) => {
      expect(parseContinuous(output)).toEqual([]);
    },
  );

  it("is refused when a text comes without its words, never taken for silence", () => {
    expect(() => parseContinuous("the engine listens\n")).toThrow(/no list of words: the engine listens/);
  });
});

describe("what pocketsphinx single writes", () => {
  it("becomes words with times and confidences, without markers and numbers of pronunciations", () => {
    const output =
      '{"b":0.000,"d":1.500,"p":0.000,"t":"the engine","w":[' +
      '{"b":0.000,"d":0.070,"p":1.000,"t":"<s>"},{"b":0.250,"d":0.500,"p":0.897,"t":"the(2)"},' +
      '{"b":0.750,"d":0.250,"p":1.001,"t":"engine"},{"b":1.000,"d":0.240,"p":1.000,"t":"</s>"}]}\n';
    expect(parseSingle(output)).toEqual([
      { content: "the", start: 0.25, end: 0.75, confidence: 0.897 },
      { content: "engine", start: 0.75, end: 1, confidence: 1 },
    ]);
  });

  it.each([
    '{"b":0.000,"d":0.010,"p":1.000,"t":"","w":[]}\n',
    '{"b":0.000,"d":0.010,"p":1.000,"t":"","w":]}\n',
    "",
  ])("is no word for silence: %j", (output) => {
    expect(parseSingle(output)).toEqual([]);
  });

  it.each(["the engine\n", '{"text":"the engine"}\n', '{"b":0,"d":1,"p":1,"t":"x"}\n'])(
    "is refused when it has another form: %j",
    (output) => {
      expect(() => parseSingle(output)).toThrow(/no list of words/);
    },
  );
});
