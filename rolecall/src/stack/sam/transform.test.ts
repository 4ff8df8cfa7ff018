import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fromYaml } from "../../project/yaml.ts";
import { type SamTemplate, transformSam } from "./transform.ts";

/* What is expected here was compared with what version 1.115 of the public transform makes of the same templates. */

const gallery = fromYaml(
  await readFile(new URL("../../testing/foreign/sam/template.yaml", import.meta.url), "utf8"),
) as SamTemplate;

const { template, notes } = transformSam(gallery);

function transformed(Resources: Record<string, unknown>, sections: object = {}) {
  const result = transformSam({ Resources, ...sections } as SamTemplate);
  return { ...result, resources: result.template.Resources };
}

const lambda = (more: object = {}) => ({
  Type: "AWS::Serverless::Function",
  Properties: { Runtime: "nodejs22.x", Handler: "a.b", InlineCode: "x", ...more },
});

/** The inline policies' names and the managed policies, without the part that all their ARNs have. */
function roleOf(resource: unknown) {
  const { Policies = [], ManagedPolicyArns } = (resource as { Properties: Record<string, object[]> })
    .Properties;
  return {
    inline: Policies.map((policy) => (policy as { PolicyName: string }).PolicyName),
    managed: (ManagedPolicyArns ?? []).map((arn) => JSON.stringify(arn).match(/policy\/([^"]*)/)?.[1] ?? arn),
  };
}

describe("SAM's transform", () => {
  it("leaves a template alone that has nothing of SAM's", () => {
    const plain = { Resources: { Queue: { Type: "AWS::SQS::Queue" } } };
    expect(transformSam(plain)).toEqual({ template: plain, notes: [] });
  });

  it("leaves nothing of SAM's in a template, and understands all of an ordinary one", () => {
    expect(JSON.stringify(template)).not.toContain("AWS::Serverless");
    expect(template).not.toHaveProperty("Globals");
    expect(template).not.toHaveProperty("Transform");
    expect(notes).toEqual([]);
  });

  it("calls what it makes as SAM does", () => {
    expect(Object.keys(template.Resources)).toEqual(
      expect.arrayContaining([
        "ListPhotosRole",
        "ListPhotosListPermission",
        "MakeThumbnailUploadedPermission",
        "IndexPhotosChanges",
        "CleanUpAliaslive",
        "CleanUpNightly",
        "CleanUpNightlyPermission",
        "CleanUpFailed",
        "GalleryApiApiGatewayDefaultStage",
      ]),
    );
  });

  it("gives roles their policies in SAM's order: its own, the author's, the events'", () => {
    expect(roleOf(template.Resources.IndexPhotosRole)).toEqual({
      managed: [
        "service-role/AWSLambdaBasicExecutionRole",
        "AWSXrayWriteOnlyAccess",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "AmazonRekognitionReadOnlyAccess",
        "service-role/AWSLambdaDynamoDBExecutionRole",
      ],
      inline: ["IndexPhotosRolePolicy0"],
    });
    expect(roleOf(template.Resources.MakeThumbnailRole).inline).toEqual([
      "DeadLetterQueuePolicy",
      "MakeThumbnailRolePolicy0",
      "MakeThumbnailRolePolicy1",
      "MakeThumbnailRolePolicy2",
      "MakeThumbnailRolePolicy3",
    ]);
  });

  it("lets the bucket wait for the permission, and tells it of the function", () => {
    expect(template.Resources.Originals).toMatchObject({
      DependsOn: ["MakeThumbnailUploadedPermission"],
      Properties: {
        NotificationConfiguration: { LambdaConfigurations: [{ Event: "s3:ObjectCreated:*" }] },
      },
    });
  });

  it("sends the events of a function with an alias to the alias, and Ref of its Alias too", () => {
    expect(template.Resources.CleanUpNightlyPermission?.Properties?.FunctionName).toEqual({
      Ref: "CleanUpAliaslive",
    });
    expect(template.Outputs).toMatchObject({ CleanUpAlias: { Value: { Ref: "CleanUpAliaslive" } } });
  });

  it("opens a function's URL to everybody with both of the rights that this takes", () => {
    const { resources } = transformed({ F: lambda({ FunctionUrlConfig: { AuthType: "NONE" } }) });
    expect(resources.FUrlPublicPermissions?.Properties).toMatchObject({
      Action: "lambda:InvokeFunctionUrl",
      FunctionUrlAuthType: "NONE",
    });
    expect(resources.FURLInvokeAllowPublicAccess?.Properties).toMatchObject({
      Action: "lambda:InvokeFunction",
      InvokedViaFunctionUrl: true,
    });
  });

  it("makes the queue of a destination that is not named, and the right to send there", () => {
    const { resources } = transformed({
      F: lambda({ EventInvokeConfig: { DestinationConfig: { OnFailure: { Type: "SQS" } } } }),
    });
    expect(resources.FEventInvokeConfigOnFailureQueue?.Type).toBe("AWS::SQS::Queue");
    expect(roleOf(resources.FRole).inline).toEqual(["FEventInvokeConfigOnFailureSQSPolicy"]);
  });

  it("makes one permission for a default route and the routes that it covers", () => {
    const { resources } = transformed({
      F: lambda({
        Events: {
          One: { Type: "HttpApi", Properties: { Path: "/one", Method: "get" } },
          Rest: { Type: "HttpApi" },
        },
      }),
    });
    expect(resources).toHaveProperty("FRestPermission");
    expect(resources).not.toHaveProperty("FOnePermission");
    expect(resources).toHaveProperty("ServerlessHttpApi");
  });

  it("invokes with the caller's credentials behind a REST API with IAM", () => {
    const { resources } = transformed({
      Api: {
        Type: "AWS::Serverless::Api",
        Properties: { StageName: "v1", Auth: { DefaultAuthorizer: "AWS_IAM" } },
      },
      F: lambda({
        Events: {
          Get: { Type: "Api", Properties: { Path: "/a/{id}", Method: "get", RestApiId: { Ref: "Api" } } },
        },
      }),
    });
    expect(resources.FGetPermissionv1?.Properties?.SourceArn).toMatchObject({
      "Fn::Sub": [expect.stringMatching(/\/GET\/a\/\*$/), { __ApiId__: { Ref: "Api" }, __Stage__: "*" }],
    });
    expect(JSON.stringify(resources.FGetMethod)).toContain("iam::*:user/*");
  });

  it("gives a schedule and a state machine's events roles of their own", () => {
    const { resources } = transformed({
      F: lambda({
        Events: { Daily: { Type: "ScheduleV2", Properties: { ScheduleExpression: "rate(1 day)" } } },
      }),
      Flow: {
        Type: "AWS::Serverless::StateMachine",
        Properties: {
          Definition: { StartAt: "A" },
          Policies: [{ LambdaInvokePolicy: { FunctionName: { Ref: "F" } } }],
          Events: { Cron: { Type: "Schedule", Properties: { Schedule: "rate(1 day)" } } },
        },
      },
    });
    expect(roleOf(resources.FDailyRole).inline).toEqual(["FDailyLambdaPolicy"]);
    expect(roleOf(resources.FlowRole).inline).toEqual(["FlowRolePolicy0"]);
    expect(roleOf(resources.FlowCronRole).inline).toEqual(["FlowCronRoleStartExecutionPolicy"]);
  });

  it("writes a connector out as a managed policy of the source's role", () => {
    const { resources } = transformed({
      F: lambda(),
      Table: { Type: "AWS::Serverless::SimpleTable" },
      Reads: {
        Type: "AWS::Serverless::Connector",
        Properties: { Source: { Id: "F" }, Destination: { Id: "Table" }, Permissions: ["Read"] },
      },
    });
    expect(resources.ReadsPolicy).toMatchObject({
      Type: "AWS::IAM::ManagedPolicy",
      Properties: { Roles: [{ Ref: "FRole" }] },
    });
  });

  it("leaves what it cannot write out as an unknown of the role that it is for, and says so", () => {
    const { resources, notes } = transformed({
      F: lambda({ Policies: [{ NoSuchPolicy: {} }] }),
      G: lambda(),
      Reads: {
        Type: "AWS::Serverless::Connector",
        Properties: { Source: { Id: "G" }, Destination: { Arn: "arn:aws:s3:::x" }, Permissions: ["Read"] },
      },
    });
    expect(JSON.stringify(resources.FRole)).toContain("⟨policy template NoSuchPolicy⟩");
    expect(JSON.stringify(resources.GRole)).toContain("⟨connector:Reads⟩");
    expect(notes).toHaveLength(2);
  });

  it("refuses a policy template without one of its parameters", () => {
    expect(() => transformed({ F: lambda({ Policies: [{ S3ReadPolicy: {} }] }) })).toThrow(
      /S3ReadPolicy has no BucketName/,
    );
  });

  it("merges Globals: maps in each other, lists one after the other, and the function's own for the rest", () => {
    const { resources } = transformed(
      { F: lambda({ Timeout: 5, Layers: ["own"], Environment: { Variables: { B: "2" } } }) },
      { Globals: { Function: { Timeout: 9, Layers: ["all"], Environment: { Variables: { A: "1" } } } } },
    );
    expect(resources.F?.Properties).toMatchObject({
      Timeout: 5,
      Layers: ["all", "own"],
      Environment: { Variables: { A: "1", B: "2" } },
    });
  });
});
