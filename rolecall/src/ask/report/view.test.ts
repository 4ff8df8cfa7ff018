import { beforeAll, describe, expect, it } from "vitest";
import type { Sources } from "../../stack/source/sources.ts";
import { authorsName } from "../../stack/template.ts";
import {
  type Change,
  type FilmArchive,
  filmArchive,
  statementsOf,
} from "../../testing/film-archive/film-archive.ts";
import { permissionsDiagram } from "./diagram.ts";
import { findingsText } from "./findings.ts";
import { permissionsText } from "./text.ts";
import { type PermissionsView, viewPermissions } from "./view.ts";

let service: FilmArchive["service"];
let sources: Sources;
let view: PermissionsView;

beforeAll(async () => {
  ({ service, sources } = await filmArchive());
  view = viewPermissions(service(), sources);
});

const functionOf = (of: PermissionsView, key: string) =>
  of.functions.find(({ functionKey }) => functionKey === key);

/** The view and its text, of the template with a change. */
function changed(change: Change) {
  const of = service(change);
  const view = viewPermissions(of, sources);
  return { view, text: permissionsText(view, of.stack), diagram: permissionsDiagram(view, of.stack) };
}

const only = (...patterns: string[]) => ({ not: false, patterns });
const bucket = "arn:aws:s3:::film-archive-dev-123456789012-us-east-1";

describe("the view of a function", () => {
  it("sums its role up by resource and by action, as the console does after a deploy", () => {
    const { byResource, byAction } = functionOf(view, "showFilm") ?? {};

    expect(byResource).toContainEqual({
      subject: only(bucket),
      grants: [{ effect: "Allow", on: only("s3:ListBucket"), conditionKeys: ["s3:prefix"], sid: "FindFilm" }],
    });
    expect(byAction).toContainEqual({
      subject: only("s3:GetObject"),
      grants: [
        {
          effect: "Allow",
          on: only(`${bucket}/films/*`, `${bucket}/captions/*`),
          conditionKeys: [],
          sid: "ReadFilmAndCaptions",
        },
      ],
    });
  });

  it("marks the statements that a plugin adds, and puts them last", () => {
    const origins = functionOf(view, "startCaptions")?.statements.map(({ sid, source }) => [
      sid,
      source?.origin,
    ]);

    expect(origins?.slice(-3)).toEqual([
      ["LetTranscribeWriteCaptions", "written"],
      ["WriteOwnLogs", "added"],
      ["PollQueue", "added"],
    ]);
  });

  it("says who may invoke it, and what Lambda polls for it", () => {
    expect(functionOf(view, "keepFilm")).toMatchObject({
      callers: [{ principals: { services: ["apigateway.amazonaws.com"] }, source: { origin: "event" } }],
      polls: [],
    });
    expect(functionOf(view, "startCaptions")).toMatchObject({
      callers: [],
      polls: [{ arn: "arn:aws:sqs:us-east-1:123456789012:film-archive-dev-reels" }],
    });
  });

  it("has its permissions boundary", () => {
    const { view, text } = changed((resources) => {
      resources.Limit = {
        Type: "AWS::IAM::ManagedPolicy",
        Properties: {
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [{ Sid: "OnlyS3", Effect: "Allow", Action: "s3:*", Resource: "*" }],
          },
        },
      };
      resources.KeepFilmIamRoleLambdaExecution.Properties.PermissionsBoundary = { Ref: "Limit" };
    });

    expect(functionOf(view, "keepFilm")?.boundary).toBe("Limit");
    expect(text).toContain("within the boundary Limit");
  });
});

describe("the view of what is called", () => {
  it("has the bucket's, the queue's and the API's policies", () => {
    expect(view.resources.map(({ logicalId, statements }) => [logicalId, statements[0]?.sid])).toEqual([
      ["ServerlessDeploymentBucket", "RefuseWithoutTls"],
      ["FilmsBucket", "RefuseWithoutTls"],
      ["ReelsQueue", "LetFilmsBucketSend"],
    ]);
    expect(view.apis[0]?.routes).toContainEqual(
      expect.objectContaining({
        routeKey: "GET /films/{id}",
        authorization: "AWS_IAM",
        functionKey: "showFilm",
        invokeArn: expect.stringMatching(/^arn:aws:execute-api:.*\/\$default\/GET\/films\/\*$/),
      }),
    );
  });

  it("says that a route without authorizer is open", () => {
    const { text, diagram } = changed((resources) => {
      resources.HttpApiRouteGetFilms.Properties.AuthorizationType = "NONE";
    });

    expect(text).toMatch(/GET \/films +invokes listFilms +open to everybody/);
    expect(diagram).toContain("anyone --> HttpApi_GET_films\n");
  });
});

describe("the text", () => {
  it("keeps to 100 columns", () => {
    const text = permissionsText(view, service().stack);

    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  it("names the stack's resources by their logical ids", () => {
    const text = permissionsText(view, service().stack);

    expect(text).toContain("if transcribe:OutputBucketName StringEquals FilmsBucket");
    expect(text).toMatch(/FilmsBucket +arn:aws:s3:::film-archive-dev-123456789012-us-east-1/);
    expect(text).toMatch(/its log group +logs:CreateLogStream, logs:PutLogEvents/);
  });

  it("tells a Deny, and what is excepted, from what is allowed", () => {
    const { text } = changed((resources) => {
      statementsOf(resources, "ListFilms").push(
        { Sid: "Never", Effect: "Deny", Action: "s3:GetObject", Resource: "*" },
        { Sid: "Rest", Effect: "Allow", NotAction: ["iam:*", "sts:*"], NotResource: `${bucket}/kept/*` },
      );
    });

    expect(text).toContain("Deny s3:GetObject on *");
    expect(text).toMatch(
      /Allow every action but iam:\* and sts:\*\n.* on everything but FilmsBucket\/kept\/\*/,
    );
    expect(text).toMatch(/\* +never s3:GetObject/);
    expect(text).toContain("listFilms never on *");
  });
});

describe("the diagram", () => {
  const edges = (diagram: string) => [
    ...diagram.matchAll(/^ {2}(\w+) (?:-->|-\.-x)(?:\|"[^"]*"\|)? (\w+)$/gm),
  ];

  it("has arrows between its nodes only, and each node once", () => {
    const diagram = permissionsDiagram(view, service().stack);
    const nodes = [...diagram.matchAll(/^ {2,4}(\w+)[[({]+\/?"/gm)].map(([, id]) => id);

    expect(new Set(nodes).size).toBe(nodes.length);
    expect(edges(diagram).length).toBeGreaterThan(15);
    for (const [, from, to] of edges(diagram)) {
      expect(nodes).toContain(from);
      expect(nodes).toContain(to);
    }
    const boxes = diagram.match(/subgraph/g)?.length ?? 0;
    expect(diagram.split("\n")).toHaveLength(1 + nodes.length + edges(diagram).length + 2 * boxes);
  });

  it("shows who sends to the queue, who polls it, and whose events invoke a function", () => {
    const diagram = permissionsDiagram(view, service().stack);

    expect(diagram).toContain('FilmsBucket -->|"sqs:SendMessage"| ReelsQueue');
    expect(diagram).toContain('ReelsQueue -->|"polled by Lambda"| startCaptions');
    expect(diagram).toMatch(
      /transcribe -->\|"events"\| (rule_\w+)\n {2}\1 -->\|"lambda:InvokeFunction"\| reportCaptions/,
    );
  });

  it("uses no word of Mermaid's as a node's id", () => {
    const { diagram } = changed((resources) => {
      resources.EndLambdaFunction = {
        ...resources.ListFilmsLambdaFunction,
        Properties: { ...resources.ListFilmsLambdaFunction.Properties, FunctionName: "end" },
        Metadata: { [authorsName]: "end" },
      };
    });

    const boxes = diagram.match(/subgraph/g)?.length ?? 0;
    expect(diagram.match(/\bend\b(?!")/g)).toHaveLength(boxes);
    expect(diagram).toMatch(/^ +end_\d+\["end"\]$/m);
  });
});

it("a finding is said with its line and its fix, an accepted one with its reason", () => {
  const finding = {
    rule: "a-rule",
    severity: "error",
    subject: "f/Sid",
    message: "Wrong.",
    fix: "Mend it.",
  } as const;
  const text = findingsText([
    { ...finding, source: { file: "serverless.yml", line: 7 } },
    { ...finding, accepted: "It may." },
  ]);

  expect(text).toMatch(/error a-rule: f\/Sid {2}serverless.yml:7\n {4}Wrong. Mend it.|Wrong.\n {4}Mend it./);
  expect(text).toContain("accepted a-rule");
  expect(text).toContain("Accepted: It may.");
});
