/**
 * What Lambda does as the role of a function in a VPC, on every resource, before any code runs.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export const vpcActions: ReadonlySet<string> = new Set([
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
]);

/** What sends a traced function's segments: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html */
export const tracingActions: ReadonlySet<string> = new Set([
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
]);
