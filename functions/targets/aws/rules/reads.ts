// Rules: test/targets/aws/reads/aws-reads.test.ts
/** The reads of AWS that Hotwork can make. Each names one thing and changes nothing. */
export const awsReads = [
  'dynamodb:GetItem',
  'ecs:DescribeServices',
  'lambda:GetFunctionConcurrency',
  'lambda:GetFunctionConfiguration',
  'ssm:GetParameter',
] as const
export type AwsRead = (typeof awsReads)[number]
export const isAwsRead = (action: string): action is AwsRead => (awsReads as readonly string[]).includes(action)

/** Mediated calls that AWS can make conditional on a state. */
export const conditionalCalls: readonly string[] = ['dynamodb:UpdateItem', 'lambda:UpdateFunctionConfiguration']
