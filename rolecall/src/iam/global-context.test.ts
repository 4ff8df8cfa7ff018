import { describe, expect, it } from "vitest";
import { globalContext, policyHolder } from "./global-context.ts";
import { ACCOUNT, ROLE_ARN, session } from "./test-support.ts";

const circumstances = { region: "eu-west-1", time: new Date("2026-01-31T12:00:00.500Z") };

describe("what every request carries", () => {
  it("says who asks, when, where, and over TLS", () => {
    expect(globalContext(session, circumstances)).toEqual({
      "aws:SecureTransport": "true",
      "aws:CurrentTime": "2026-01-31T12:00:00.500Z",
      "aws:EpochTime": "1769860800",
      "aws:RequestedRegion": "eu-west-1",
      "aws:PrincipalArn": ROLE_ARN,
      "aws:PrincipalAccount": ACCOUNT,
      "aws:PrincipalType": "AssumedRole",
      "aws:PrincipalIsAWSService": "false",
      "aws:ViaAWSService": "false",
      "aws:SourceIp": "127.0.0.1",
    });
  });

  it("has no address of the caller's when a service asks on its behalf", () => {
    const context = globalContext(session, { ...circumstances, viaService: true });

    expect(context).toMatchObject({ "aws:ViaAWSService": "true" });
    expect(context).not.toHaveProperty("aws:SourceIp");
  });

  it("names a service that asks for itself", () => {
    const context = globalContext({ type: "service", service: "s3.amazonaws.com" }, circumstances);

    expect(context).toMatchObject({
      "aws:PrincipalIsAWSService": "true",
      "aws:PrincipalServiceName": "s3.amazonaws.com",
    });
    expect(context).not.toHaveProperty("aws:PrincipalArn");
  });

  it.each([
    [`arn:aws:iam::${ACCOUNT}:user/anna`, "User"],
    [`arn:aws:iam::${ACCOUNT}:root`, "Account"],
  ])("tells what kind of principal %s is", (arn, type) => {
    expect(
      globalContext({ type: "principal", arn, principalArn: arn, accountId: ACCOUNT }, circumstances),
    ).toMatchObject({
      "aws:PrincipalType": type,
    });
  });
});

it("an object's resource-based policies are its bucket's, any other resource's its own", () => {
  expect(policyHolder("arn:aws:s3:::bucket/a/b")).toBe("arn:aws:s3:::bucket");
  expect(policyHolder("arn:aws:s3:::bucket")).toBe("arn:aws:s3:::bucket");
  expect(policyHolder("arn:aws:sqs:us-east-1:1:queue")).toBe("arn:aws:sqs:us-east-1:1:queue");
});
