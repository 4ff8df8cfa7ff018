import type { Lab } from "../lab.ts";
import { call, logged, wav } from "../observing.ts";

export const explicitDeny: Lab = {
  name: "explicit-deny",
  changes: [
    {
      file: "resources/recordings-bucket.yml",
      at: [
        "Resources",
        "RecordingsBucketPolicy",
        "Properties",
        "PolicyDocument",
        "Statement",
        { Sid: "RefuseWithoutTls" },
        "Condition",
        "Bool",
        "aws:SecureTransport",
      ],
      to: '"true"',
    },
  ],
  shows: {
    at: "run",
    observe: async (stage) => [
      await call(stage, "POST", "/recordings", wav),
      ...(await logged(stage, "receiveAudio", /explicit deny/)),
    ],
    explain: "message",
  },
  rule: "bucket-without-tls",
};
