/** A resource of the packaged template, its intrinsics resolved. */
export interface Resource {
  readonly arn?: string;
  readonly physicalId: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties differ by type
  readonly properties: Readonly<Record<string, any>>;
}

/** Where the resources are made. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

/** What CloudFormation asks of IAM, as its execution role. */
export interface Asked {
  readonly actions: readonly string[];
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

interface Handlers {
  /** For the properties that the template has, and for the stack's tags, which go to all that can bear them. */
  asks(resource: Resource, place: Place): readonly Asked[];
  /** What other properties would ask for, and the execution role may not. */
  readonly otherProperties?: Readonly<Record<string, readonly string[]>>;
}

/**
 * The rights that CloudFormation needs to create, read, update and delete resources of a type: what the handlers in the
 * type's registry schema list under "permissions" (`aws cloudformation describe-type --type RESOURCE --type-name …`),
 * each action with the resource that it is asked of.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/resource-type-schemas.html
 *
 * Three kinds of names in those lists are not here. Names that IAM does not know: s3:PutBucketReplication,
 * s3:DeleteBucketEncryption and their like. What a type reads of KMS, of S3 or of a VPC for a property that the template
 * does not have, unless it is named below. And s3:DeleteObject of AWS::S3::Bucket, whose use no document tells:
 * recordings are not CloudFormation's to delete.
 */
export const resourceHandlers: Readonly<Record<string, Handlers>> = {
  "AWS::ApiGatewayV2::Api": {
    asks: ({ physicalId, properties }, place) => [
      {
        actions: of("apigateway", "POST"),
        resource: apiGateway(place, "/apis"),
        context: { "apigateway:Request/ApiName": properties.Name },
      },
      {
        actions: of("apigateway", "GET PUT PATCH POST DELETE"),
        resource: apiGateway(place, `/apis/${physicalId}`),
      },
      // An API made with tags is asked for the right to tag it, by its address as it stands in a path.
      ...["/apis", "/v2/apis"].map((path) => ({
        actions: of("apigateway", "GET PUT POST DELETE"),
        resource: apiGateway(
          place,
          `/tags/${encodeURIComponent(apiGateway(place, `${path}/${physicalId}`))}`,
        ),
      })),
    ],
    otherProperties: { BodyS3Location: of("s3", "GetObject") },
  },
  "AWS::ApiGatewayV2::Integration": {
    asks: (resource, place) => partOfApi(resource, place, "integrations"),
    otherProperties: { CredentialsArn: of("iam", "PassRole") },
  },
  "AWS::ApiGatewayV2::Route": { asks: (resource, place) => partOfApi(resource, place, "routes") },
  "AWS::ApiGatewayV2::Stage": {
    asks: (resource, place) => [
      ...partOfApi(resource, place, "stages"),
      {
        actions: of("apigateway", "TagResource UntagResource"),
        resource: apiGateway(place, `/apis/${resource.properties.ApiId}/stages`),
      },
    ],
    otherProperties: { AccessLogSettings: of("logs", "CreateLogDelivery") },
  },
  "AWS::CloudWatch::Alarm": {
    asks: (resource) => [
      {
        actions: of(
          "cloudwatch",
          "PutMetricAlarm DeleteAlarms DescribeAlarms TagResource UntagResource ListTagsForResource",
        ),
        resource: arnOf(resource),
      },
    ],
  },
  "AWS::Events::Rule": {
    asks: (resource) => [
      {
        actions: of(
          "events",
          "PutRule DescribeRule DeleteRule PutTargets RemoveTargets ListTargetsByRule TagResource UntagResource ListTagsForResource",
        ),
        resource: arnOf(resource),
      },
    ],
    otherProperties: { RoleArn: of("iam", "PassRole") },
  },
  "AWS::IAM::Role": {
    asks: (resource) => [
      {
        actions: of(
          "iam",
          "CreateRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy PutRolePolicy PutRolePermissionsBoundary",
        ),
        resource: arnOf(resource),
        context: { "iam:PermissionsBoundary": resource.properties.PermissionsBoundary },
      },
      {
        actions: of(
          "iam",
          "GetRole DeleteRole GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies ListRoleTags TagRole UntagRole",
        ),
        resource: arnOf(resource),
      },
    ],
    otherProperties: { ManagedPolicyArns: of("iam", "AttachRolePolicy DetachRolePolicy") },
  },
  "AWS::Lambda::EventSourceMapping": {
    asks: (resource) => {
      const context = { "lambda:FunctionArn": resource.properties.FunctionName };
      return [
        { actions: of("lambda", "CreateEventSourceMapping"), resource: "*", context },
        {
          actions: of("lambda", "GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping"),
          resource: arnOf(resource),
          context,
        },
        { actions: of("lambda", "TagResource UntagResource ListTags"), resource: arnOf(resource) },
      ];
    },
    otherProperties: { KmsKeyArn: of("kms", "DescribeKey GenerateDataKey Decrypt") },
  },
  "AWS::Lambda::Function": {
    asks: (resource, place) => {
      const { Code, Role } = resource.properties;
      return [
        {
          actions: of(
            "lambda",
            "CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction TagResource UntagResource ListTags GetFunctionCodeSigningConfig GetFunctionRecursionConfig GetFunctionScalingConfig GetRuntimeManagementConfig",
          ),
          resource: arnOf(resource),
        },
        {
          actions: of("s3", "GetObject GetObjectVersion"),
          resource: `arn:${place.partition}:s3:::${Code.S3Bucket}/${Code.S3Key}`,
        },
        {
          actions: of("iam", "PassRole"),
          resource: Role,
          context: { "iam:PassedToService": "lambda.amazonaws.com" },
        },
      ];
    },
    otherProperties: {
      CapacityProviderConfig: of("lambda", "PassCapacityProvider"),
      CodeSigningConfigArn: of(
        "lambda",
        "GetCodeSigningConfig PutFunctionCodeSigningConfig DeleteFunctionCodeSigningConfig",
      ),
      FileSystemConfigs: of("elasticfilesystem", "DescribeMountTargets"),
      FunctionScalingConfig: of("lambda", "PutFunctionScalingConfig"),
      KmsKeyArn: of("kms", "CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey"),
      Layers: of("lambda", "GetLayerVersion"),
      PublishToLatestPublished: of("lambda", "PublishVersion"),
      RecursiveLoop: of("lambda", "PutFunctionRecursionConfig"),
      ReservedConcurrentExecutions: of("lambda", "PutFunctionConcurrency DeleteFunctionConcurrency"),
      RuntimeManagementConfig: of("lambda", "PutRuntimeManagementConfig"),
      VpcConfig: of("ec2", "DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs"),
    },
  },
  "AWS::Lambda::Permission": {
    asks: ({ properties }) => [
      {
        actions: of("lambda", "AddPermission RemovePermission"),
        resource: properties.FunctionName,
        context: { "lambda:Principal": properties.Principal },
      },
      { actions: of("lambda", "GetPolicy"), resource: properties.FunctionName },
    ],
  },
  "AWS::Logs::LogGroup": {
    asks: (resource) => [
      {
        actions: of(
          "logs",
          "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource ListTagsForResource GetDataProtectionPolicy",
        ),
        resource: arnOf(resource).replace(/:\*$/, ""),
      },
      {
        actions: of("logs", "DescribeLogGroups DescribeIndexPolicies DescribeResourcePolicies"),
        resource: "*",
      },
    ],
    otherProperties: {
      BearerTokenAuthenticationEnabled: of("logs", "PutBearerTokenAuthentication"),
      DataProtectionPolicy: of(
        "logs",
        "PutDataProtectionPolicy DeleteDataProtectionPolicy CreateLogDelivery",
      ),
      DeletionProtectionEnabled: of("logs", "PutLogGroupDeletionProtection"),
      FieldIndexPolicies: of("logs", "PutIndexPolicy DeleteIndexPolicy"),
      KmsKeyId: of("logs", "AssociateKmsKey DisassociateKmsKey"),
      ResourcePolicyDocument: of("logs", "PutResourcePolicy DeleteResourcePolicy"),
    },
  },
  "AWS::S3::Bucket": {
    asks: (resource) => [
      {
        actions: of(
          "s3",
          "CreateBucket DeleteBucket ListBucket GetBucketAcl PutEncryptionConfiguration PutLifecycleConfiguration PutBucketNotification PutBucketOwnershipControls PutBucketPublicAccessBlock PutBucketTagging TagResource UntagResource",
        ),
        resource: arnOf(resource),
      },
      // The handler reads every setting, also those that the template leaves alone.
      {
        actions: of(
          "s3",
          "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketCORS GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListTagsForResource",
        ),
        resource: arnOf(resource),
      },
    ],
    otherProperties: {
      AbacStatus: of("s3", "PutBucketAbac"),
      AccelerateConfiguration: of("s3", "PutAccelerateConfiguration"),
      AccessControl: of("s3", "PutBucketAcl PutObjectAcl"),
      AnalyticsConfigurations: of("s3", "PutAnalyticsConfiguration"),
      CorsConfiguration: of("s3", "PutBucketCORS"),
      IntelligentTieringConfigurations: of("s3", "PutIntelligentTieringConfiguration"),
      InventoryConfigurations: of("s3", "PutInventoryConfiguration"),
      LoggingConfiguration: of("s3", "PutBucketLogging"),
      MetadataConfiguration: of("s3", "CreateBucketMetadataTableConfiguration"),
      MetadataTableConfiguration: of("s3", "CreateBucketMetadataTableConfiguration"),
      MetricsConfigurations: of("s3", "PutMetricsConfiguration"),
      ObjectLockConfiguration: of("s3", "PutBucketObjectLockConfiguration"),
      ObjectLockEnabled: of("s3", "PutBucketObjectLockConfiguration PutBucketVersioning"),
      ReplicationConfiguration: of("s3", "PutReplicationConfiguration"),
      VersioningConfiguration: of("s3", "PutBucketVersioning"),
      WebsiteConfiguration: of("s3", "PutBucketWebsite DeleteBucketWebsite"),
    },
  },
  "AWS::S3::BucketPolicy": {
    asks: ({ properties }, { partition }) => [
      {
        actions: of("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy"),
        resource: `arn:${partition}:s3:::${properties.Bucket}`,
      },
    ],
  },
  "AWS::SNS::Subscription": {
    asks: ({ properties }) => [
      {
        actions: of("sns", "Subscribe"),
        resource: properties.TopicArn,
        context: { "sns:Protocol": properties.Protocol },
      },
      {
        actions: of("sns", "Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes"),
        resource: properties.TopicArn,
      },
    ],
    otherProperties: { SubscriptionRoleArn: of("iam", "GetRole PassRole") },
  },
  "AWS::SNS::Topic": {
    asks: (resource) => [
      {
        actions: of(
          "sns",
          "CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ListSubscriptionsByTopic GetDataProtectionPolicy TagResource UntagResource ListTagsForResource",
        ),
        resource: arnOf(resource),
      },
    ],
    otherProperties: {
      DataProtectionPolicy: of("sns", "PutDataProtectionPolicy"),
      DeliveryStatusLogging: of("iam", "GetRole PassRole"),
      Subscription: of("sns", "Subscribe"),
    },
  },
  "AWS::SQS::Queue": {
    asks: (resource) => [
      {
        actions: of(
          "sqs",
          "CreateQueue DeleteQueue GetQueueUrl GetQueueAttributes SetQueueAttributes ListQueueTags TagQueue UntagQueue",
        ),
        resource: arnOf(resource),
      },
    ],
  },
  "AWS::SQS::QueuePolicy": {
    asks: ({ properties }, { partition, region, accountId }) =>
      properties.Queues.map((url: string) => ({
        actions: of("sqs", "SetQueueAttributes"),
        resource: `arn:${partition}:sqs:${region}:${accountId}:${url.split("/").at(-1)}`,
      })),
  },
};

/** @param names of actions of one service, with a space between */
function of(service: string, names: string): string[] {
  return names.split(" ").map((name) => `${service}:${name}`);
}

function arnOf({ arn, physicalId }: Resource): string {
  if (arn === undefined) throw new Error(`${physicalId} has no ARN.`);
  return arn;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html */
function apiGateway({ partition, region }: Place, path: string): string {
  return `arn:${partition}:apigateway:${region}::${path}`;
}

function partOfApi({ physicalId, properties }: Resource, place: Place, kind: string): Asked[] {
  const all = apiGateway(place, `/apis/${properties.ApiId}/${kind}`);
  return [
    { actions: of("apigateway", "POST"), resource: all },
    { actions: of("apigateway", "GET PUT PATCH DELETE"), resource: `${all}/${physicalId}` },
  ];
}
