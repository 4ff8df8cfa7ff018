/**
 * What SAM's policy templates stand for, as of December 2026 (version 1.115 of the transform).
 *
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
 */

/** `service: Action Action`; what they are allowed on, `%{Parameter}` where the template's user fills in; a condition. */
type Row = readonly [actions: string, resources: readonly string[], condition?: Condition];
type Condition = Readonly<Record<string, Readonly<Record<string, string>>>>;

const here = (service: string, resource: string) =>
  `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`;
const bucket = (resource: string) => `arn:\${AWS::Partition}:s3:::${resource}`;

const rows: Readonly<Record<string, readonly Row[]>> = {
  AMIDescribePolicy: [["ec2: DescribeImages", ["*"]]],
  AWSSecretsManagerGetSecretValuePolicy: [["secretsmanager: GetSecretValue", ["%{SecretArn}"]]],
  AWSSecretsManagerRotationPolicy: [
    [
      "secretsmanager: DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage",
      [here("secretsmanager", "secret:*")],
      {
        StringEquals: {
          "secretsmanager:resource/AllowRotationLambdaArn": here("lambda", "function:%{FunctionName}"),
        },
      },
    ],
    ["secretsmanager: GetRandomPassword", ["*"]],
  ],
  AcmGetCertificatePolicy: [["acm: GetCertificate", ["%{CertificateArn}"]]],
  AthenaQueryPolicy: [
    [
      "athena: ListWorkGroups GetExecutionEngine GetExecutionEngines GetNamespace GetCatalogs GetNamespaces GetTables GetTable",
      ["*"],
    ],
    [
      "athena: StartQueryExecution GetQueryResults DeleteNamedQuery GetNamedQuery ListQueryExecutions StopQueryExecution GetQueryResultsStream ListNamedQueries CreateNamedQuery GetQueryExecution BatchGetNamedQuery BatchGetQueryExecution GetWorkGroup",
      [here("athena", "workgroup/%{WorkGroupName}")],
    ],
  ],
  CloudFormationDescribeStacksPolicy: [
    ["cloudformation: DescribeStacks", [here("cloudformation", "stack/*")]],
  ],
  CloudWatchDashboardPolicy: [["cloudwatch: GetDashboard ListDashboards PutDashboard ListMetrics", ["*"]]],
  CloudWatchDescribeAlarmHistoryPolicy: [["cloudwatch: DescribeAlarmHistory", ["*"]]],
  CloudWatchPutMetricPolicy: [["cloudwatch: PutMetricData", ["*"]]],
  CodeCommitCrudPolicy: [
    [
      "codecommit: GitPull GitPush CreateBranch DeleteBranch GetBranch ListBranches MergeBranchesByFastForward MergeBranchesBySquash MergeBranchesByThreeWay UpdateDefaultBranch BatchDescribeMergeConflicts CreateUnreferencedMergeCommit DescribeMergeConflicts GetMergeCommit GetMergeOptions BatchGetPullRequests CreatePullRequest DescribePullRequestEvents GetCommentsForPullRequest GetCommitsFromMergeBase GetMergeConflicts GetPullRequest ListPullRequests MergePullRequestByFastForward MergePullRequestBySquash MergePullRequestByThreeWay PostCommentForPullRequest UpdatePullRequestDescription UpdatePullRequestStatus UpdatePullRequestTitle DeleteFile GetBlob GetFile GetFolder PutFile DeleteCommentContent GetComment GetCommentsForComparedCommit PostCommentForComparedCommit PostCommentReply UpdateComment BatchGetCommits CreateCommit GetCommit GetCommitHistory GetDifferences GetObjectIdentifier GetReferences GetTree GetRepository UpdateRepositoryDescription ListTagsForResource TagResource UntagResource GetRepositoryTriggers PutRepositoryTriggers TestRepositoryTriggers GetBranch GetCommit UploadArchive GetUploadArchiveStatus CancelUploadArchive",
      [here("codecommit", "%{RepositoryName}")],
    ],
  ],
  CodeCommitReadPolicy: [
    [
      "codecommit: GitPull GetBranch ListBranches BatchDescribeMergeConflicts DescribeMergeConflicts GetMergeCommit GetMergeOptions BatchGetPullRequests DescribePullRequestEvents GetCommentsForPullRequest GetCommitsFromMergeBase GetMergeConflicts GetPullRequest ListPullRequests GetBlob GetFile GetFolder GetComment GetCommentsForComparedCommit BatchGetCommits GetCommit GetCommitHistory GetDifferences GetObjectIdentifier GetReferences GetTree GetRepository ListTagsForResource GetRepositoryTriggers TestRepositoryTriggers GetBranch GetCommit GetUploadArchiveStatus",
      [here("codecommit", "%{RepositoryName}")],
    ],
  ],
  CodePipelineLambdaExecutionPolicy: [["codepipeline: PutJobSuccessResult PutJobFailureResult", ["*"]]],
  CodePipelineReadOnlyPolicy: [
    ["codepipeline: ListPipelineExecutions", [here("codepipeline", "%{PipelineName}")]],
  ],
  ComprehendBasicAccessPolicy: [
    [
      "comprehend: BatchDetectKeyPhrases DetectDominantLanguage DetectEntities BatchDetectEntities DetectKeyPhrases DetectSentiment BatchDetectDominantLanguage BatchDetectSentiment",
      ["*"],
    ],
  ],
  CostExplorerReadOnlyPolicy: [
    [
      "ce: GetCostAndUsage GetDimensionValues GetReservationCoverage GetReservationPurchaseRecommendation GetReservationUtilization GetTags",
      ["*"],
    ],
  ],
  DynamoDBBackupFullAccessPolicy: [
    ["dynamodb: CreateBackup DescribeContinuousBackups", [here("dynamodb", "table/%{TableName}")]],
    ["dynamodb: DeleteBackup DescribeBackup ListBackups", [here("dynamodb", "table/%{TableName}/backup/*")]],
  ],
  DynamoDBCrudPolicy: [
    [
      "dynamodb: GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable ConditionCheckItem",
      [here("dynamodb", "table/%{TableName}"), here("dynamodb", "table/%{TableName}/index/*")],
    ],
  ],
  DynamoDBReadPolicy: [
    [
      "dynamodb: GetItem Scan Query BatchGetItem DescribeTable",
      [here("dynamodb", "table/%{TableName}"), here("dynamodb", "table/%{TableName}/index/*")],
    ],
  ],
  DynamoDBReconfigurePolicy: [["dynamodb: UpdateTable", [here("dynamodb", "table/%{TableName}")]]],
  DynamoDBRestoreFromBackupPolicy: [
    ["dynamodb: RestoreTableFromBackup", [here("dynamodb", "table/%{TableName}/backup/*")]],
    [
      "dynamodb: PutItem UpdateItem DeleteItem GetItem Query Scan BatchWriteItem",
      [here("dynamodb", "table/%{TableName}")],
    ],
  ],
  DynamoDBStreamReadPolicy: [
    [
      "dynamodb: DescribeStream GetRecords GetShardIterator",
      [here("dynamodb", "table/%{TableName}/stream/%{StreamName}")],
    ],
    ["dynamodb: ListStreams", [here("dynamodb", "table/%{TableName}/stream/*")]],
  ],
  DynamoDBWritePolicy: [
    [
      "dynamodb: PutItem UpdateItem BatchWriteItem",
      [here("dynamodb", "table/%{TableName}"), here("dynamodb", "table/%{TableName}/index/*")],
    ],
  ],
  EC2CopyImagePolicy: [["ec2: CopyImage", [here("ec2", "image/%{ImageId}")]]],
  EC2DescribePolicy: [["ec2: DescribeRegions DescribeInstances", ["*"]]],
  EFSWriteAccessPolicy: [
    [
      "elasticfilesystem: ClientMount ClientWrite",
      [here("elasticfilesystem", "file-system/%{FileSystem}")],
      {
        StringEquals: {
          "elasticfilesystem:AccessPointArn": here("elasticfilesystem", "access-point/%{AccessPoint}"),
        },
      },
    ],
  ],
  EKSDescribePolicy: [["eks: DescribeCluster ListClusters", ["*"]]],
  EcsRunTaskPolicy: [["ecs: RunTask", [here("ecs", "task-definition/%{TaskDefinition}")]]],
  ElasticMapReduceAddJobFlowStepsPolicy: [
    ["elasticmapreduce: AddJobFlowSteps", [here("elasticmapreduce", "cluster/%{ClusterId}")]],
  ],
  ElasticMapReduceCancelStepsPolicy: [
    ["elasticmapreduce: CancelSteps", [here("elasticmapreduce", "cluster/%{ClusterId}")]],
  ],
  ElasticMapReduceModifyInstanceFleetPolicy: [
    [
      "elasticmapreduce: ModifyInstanceFleet ListInstanceFleets",
      [here("elasticmapreduce", "cluster/%{ClusterId}")],
    ],
  ],
  ElasticMapReduceModifyInstanceGroupsPolicy: [
    [
      "elasticmapreduce: ModifyInstanceGroups ListInstanceGroups",
      [here("elasticmapreduce", "cluster/%{ClusterId}")],
    ],
  ],
  ElasticMapReduceSetTerminationProtectionPolicy: [
    ["elasticmapreduce: SetTerminationProtection", [here("elasticmapreduce", "cluster/%{ClusterId}")]],
  ],
  ElasticMapReduceTerminateJobFlowsPolicy: [
    ["elasticmapreduce: TerminateJobFlows", [here("elasticmapreduce", "cluster/%{ClusterId}")]],
  ],
  ElasticsearchHttpPostPolicy: [["es: ESHttpPost ESHttpPut", [here("es", "domain/%{DomainName}/*")]]],
  EventBridgePutEventsPolicy: [["events: PutEvents", [here("events", "event-bus/%{EventBusName}")]]],
  FilterLogEventsPolicy: [
    ["logs: FilterLogEvents", [here("logs", "log-group:%{LogGroupName}:log-stream:*")]],
  ],
  FirehoseCrudPolicy: [
    [
      "firehose: CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream PutRecord PutRecordBatch UpdateDestination",
      [here("firehose", "deliverystream/%{DeliveryStreamName}")],
    ],
  ],
  FirehoseWritePolicy: [
    ["firehose: PutRecord PutRecordBatch", [here("firehose", "deliverystream/%{DeliveryStreamName}")]],
  ],
  KMSDecryptPolicy: [["kms: Decrypt", [here("kms", "key/%{KeyId}")]]],
  KMSEncryptPolicy: [["kms: Encrypt", [here("kms", "key/%{KeyId}")]]],
  KMSEncryptPolicy_v2: [
    [
      "kms: Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext",
      [here("kms", "key/%{KeyId}")],
    ],
  ],
  KinesisCrudPolicy: [
    [
      "kinesis: AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary GetShardIterator IncreaseStreamRetentionPeriod ListTagsForStream MergeShards PutRecord PutRecords SplitShard RemoveTagsFromStream",
      [here("kinesis", "stream/%{StreamName}")],
    ],
  ],
  KinesisStreamReadPolicy: [
    ["kinesis: ListStreams DescribeLimits", [here("kinesis", "stream/*")]],
    [
      "kinesis: DescribeStream DescribeStreamSummary GetRecords GetShardIterator",
      [here("kinesis", "stream/%{StreamName}")],
    ],
  ],
  LambdaInvokePolicy: [["lambda: InvokeFunction", [here("lambda", "function:%{FunctionName}*")]]],
  MobileAnalyticsWriteOnlyAccessPolicy: [["mobileanalytics: PutEvents", ["*"]]],
  OrganizationsListAccountsPolicy: [["organizations: ListAccounts", ["*"]]],
  PinpointEndpointAccessPolicy: [
    [
      "mobiletargeting: GetEndpoint UpdateEndpoint UpdateEndpointsBatch",
      [here("mobiletargeting", "apps/%{PinpointApplicationId}/endpoints/*")],
    ],
  ],
  PollyFullAccessPolicy: [
    ["polly: GetLexicon DeleteLexicon", [here("polly", "lexicon/%{LexiconName}")]],
    ["polly: DescribeVoices ListLexicons PutLexicon SynthesizeSpeech", [here("polly", "lexicon/*")]],
  ],
  RekognitionDetectOnlyPolicy: [
    ["rekognition: DetectFaces DetectLabels DetectModerationLabels DetectText", ["*"]],
  ],
  RekognitionFacesManagementPolicy: [
    [
      "rekognition: IndexFaces DeleteFaces SearchFaces SearchFacesByImage ListFaces",
      [here("rekognition", "collection/%{CollectionId}")],
    ],
  ],
  RekognitionFacesPolicy: [["rekognition: CompareFaces DetectFaces", ["*"]]],
  RekognitionLabelsPolicy: [["rekognition: DetectLabels DetectModerationLabels", ["*"]]],
  RekognitionNoDataAccessPolicy: [
    [
      "rekognition: CompareFaces DetectFaces DetectLabels DetectModerationLabels",
      [here("rekognition", "collection/%{CollectionId}")],
    ],
  ],
  RekognitionReadPolicy: [
    [
      "rekognition: ListCollections ListFaces SearchFaces SearchFacesByImage",
      [here("rekognition", "collection/%{CollectionId}")],
    ],
  ],
  RekognitionWriteOnlyAccessPolicy: [
    ["rekognition: CreateCollection IndexFaces", [here("rekognition", "collection/%{CollectionId}")]],
  ],
  Route53ChangeResourceRecordSetsPolicy: [
    ["route53: ChangeResourceRecordSets", [`arn:\${AWS::Partition}:route53:::hostedzone/%{HostedZoneId}`]],
  ],
  S3CrudPolicy: [
    [
      "s3: GetObject ListBucket GetBucketLocation GetObjectVersion PutObject PutObjectAcl GetLifecycleConfiguration PutLifecycleConfiguration DeleteObject",
      [bucket("%{BucketName}"), bucket("%{BucketName}/*")],
    ],
  ],
  S3FullAccessPolicy: [
    [
      "s3: GetObject GetObjectAcl GetObjectVersion PutObject PutObjectAcl DeleteObject DeleteObjectTagging DeleteObjectVersionTagging GetObjectTagging GetObjectVersionTagging PutObjectTagging PutObjectVersionTagging",
      [bucket("%{BucketName}/*")],
    ],
    [
      "s3: ListBucket GetBucketLocation GetLifecycleConfiguration PutLifecycleConfiguration",
      [bucket("%{BucketName}")],
    ],
  ],
  S3ReadPolicy: [
    [
      "s3: GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration",
      [bucket("%{BucketName}"), bucket("%{BucketName}/*")],
    ],
  ],
  S3WritePolicy: [
    [
      "s3: PutObject PutObjectAcl PutLifecycleConfiguration",
      [bucket("%{BucketName}"), bucket("%{BucketName}/*")],
    ],
  ],
  SESBulkTemplatedCrudPolicy: [
    [
      "ses: GetIdentityVerificationAttributes SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail VerifyEmailIdentity",
      [here("ses", "identity/%{IdentityName}")],
    ],
  ],
  SESBulkTemplatedCrudPolicy_v2: [
    [
      "ses: SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail",
      [here("ses", "identity/%{IdentityName}"), here("ses", "template/%{TemplateName}")],
    ],
    ["ses: GetIdentityVerificationAttributes VerifyEmailIdentity", ["*"]],
  ],
  SESCrudPolicy: [
    [
      "ses: GetIdentityVerificationAttributes SendEmail SendRawEmail VerifyEmailIdentity",
      [here("ses", "identity/%{IdentityName}")],
    ],
  ],
  SESEmailTemplateCrudPolicy: [
    ["ses: CreateTemplate GetTemplate ListTemplates UpdateTemplate DeleteTemplate TestRenderTemplate", ["*"]],
  ],
  SESSendBouncePolicy: [["ses: SendBounce", [here("ses", "identity/%{IdentityName}")]]],
  SNSCrudPolicy: [
    [
      "sns: ListSubscriptionsByTopic CreateTopic SetTopicAttributes Subscribe Publish",
      [here("sns", "%{TopicName}*")],
    ],
  ],
  SNSPublishMessagePolicy: [["sns: Publish", [here("sns", "%{TopicName}")]]],
  SQSPollerPolicy: [
    [
      "sqs: ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes ReceiveMessage",
      [here("sqs", "%{QueueName}")],
    ],
  ],
  SQSSendMessagePolicy: [["sqs: SendMessage*", [here("sqs", "%{QueueName}")]]],
  SSMParameterReadPolicy: [
    ["ssm: DescribeParameters", ["*"]],
    ["ssm: GetParameters GetParameter GetParametersByPath", [here("ssm", "parameter/%{ParameterName}")]],
  ],
  SSMParameterWithSlashPrefixReadPolicy: [
    ["ssm: DescribeParameters", ["*"]],
    ["ssm: GetParameters GetParameter GetParametersByPath", [here("ssm", "parameter%{ParameterName}")]],
  ],
  SageMakerCreateEndpointConfigPolicy: [
    ["sagemaker: CreateEndpointConfig", [here("sagemaker", "endpoint-config/%{EndpointConfigName}")]],
  ],
  SageMakerCreateEndpointPolicy: [
    ["sagemaker: CreateEndpoint", [here("sagemaker", "endpoint/%{EndpointName}")]],
  ],
  ServerlessRepoReadWriteAccessPolicy: [
    [
      "serverlessrepo: CreateApplication CreateApplicationVersion UpdateApplication GetApplication ListApplications ListApplicationVersions ListApplicationDependencies",
      [here("serverlessrepo", "applications/*")],
    ],
  ],
  StepFunctionsCallbackPolicy: [
    [
      "states: SendTaskFailure SendTaskHeartbeat SendTaskSuccess",
      [here("states", "stateMachine:%{StateMachineName}")],
    ],
  ],
  StepFunctionsExecutionPolicy: [
    ["states: StartExecution", [here("states", "stateMachine:%{StateMachineName}")]],
  ],
  StepFunctionsExecutionPolicy_v2: [
    ["states: StartExecution StartSyncExecution", [here("states", "stateMachine:%{StateMachineName}")]],
  ],
  TextractDetectAnalyzePolicy: [
    ["textract: DetectDocumentText StartDocumentTextDetection StartDocumentAnalysis AnalyzeDocument", ["*"]],
  ],
  TextractGetResultPolicy: [["textract: GetDocumentTextDetection GetDocumentAnalysis", ["*"]]],
  TextractPolicy: [["textract: *", ["*"]]],
  VPCAccessPolicy: [
    [
      "ec2: CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DetachNetworkInterface",
      ["*"],
    ],
  ],
};

export function isPolicyTemplate(name: string): boolean {
  return Object.hasOwn(rows, name);
}

/**
 * @param name One that `isPolicyTemplate`.
 * @param parameters By name; text or an intrinsic.
 * @returns The policy document that SAM puts into the role.
 * @throws Error that names a parameter without a value.
 */
export function policyFromTemplate(name: string, parameters: Readonly<Record<string, unknown>>): unknown {
  return {
    Statement: (rows[name] ?? []).map(([actions, resources, condition]) => {
      const on = resources.map((resource) => filledIn(resource, parameters, name));
      return {
        Effect: "Allow",
        Action: actions.split("; ").flatMap(ofService),
        Resource: on.length === 1 ? on[0] : on,
        ...(condition && { Condition: conditionOf(condition, parameters, name) }),
      };
    }),
  };
}

function ofService(actions: string): readonly string[] {
  const [service = "", names = ""] = actions.split(": ");
  return names.split(" ").map((action) => `${service}:${action}`);
}

function conditionOf(condition: Condition, parameters: Readonly<Record<string, unknown>>, name: string) {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([key, value]) => [key, filledIn(value, parameters, name)]),
      ),
    ]),
  );
}

function filledIn(text: string, parameters: Readonly<Record<string, unknown>>, name: string): unknown {
  const names = [...text.matchAll(/%\{(\w+)\}/g)].map(([, one = ""]) => one);
  const missing = names.find((one) => parameters[one] === undefined);
  if (missing !== undefined)
    throw new Error(`The policy template ${name} has no ${missing}. Write ${name}: { ${missing}: … }.`);
  const [whole] = names;
  if (whole !== undefined && text === `%{${whole}}`) return parameters[whole];
  if (!text.includes(`\${`) && names.length === 0) return text;
  const template = text.replaceAll(/%\{(\w+)\}/g, `\${$1}`);
  if (names.length === 0) return { "Fn::Sub": template };
  const values = Object.fromEntries(names.map((one) => [one, parameters[one]]));
  return { "Fn::Sub": [template, values] };
}
