/**
 * AWS's own policies that the program attaches.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const document = (...statements: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });

const dmsLogs = ["arn:aws:logs:*:*:log-group:dms-tasks-*", "arn:aws:logs:*:*:log-group:dms-serverless-replication-*"];
const dmsLogStreams = [
  "arn:aws:logs:*:*:log-group:dms-tasks-*:log-stream:dms-task-*",
  "arn:aws:logs:*:*:log-group:dms-serverless-replication-*:log-stream:dms-serverless-*",
];

/** By ARN. */
export const managedPolicies: Readonly<Record<string, string>> = {
  "arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole": document({
    Effect: "Allow",
    Action: [
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeAvailabilityZones",
      "ec2:DescribeInternetGateways",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcs",
      "ec2:ModifyNetworkInterfaceAttribute",
    ],
    Resource: "*",
  }),
  "arn:aws:iam::aws:policy/service-role/AmazonDMSCloudWatchLogsRole": document(
    { Effect: "Allow", Action: "logs:DescribeLogGroups", Resource: "*" },
    { Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:DescribeLogStreams"], Resource: dmsLogs },
    { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: dmsLogStreams },
  ),
};
