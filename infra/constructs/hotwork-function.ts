import { Duration, Stack } from 'aws-cdk-lib'
import { Grant, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type FunctionName, rowOf } from '../functions.ts'
import type { FunctionCode } from './function-code.ts'
import { FunctionRole } from './function-role.ts'

type HotworkFunctionProps = {
  name: FunctionName
  code: FunctionCode
  /** All functions write to one: each line names its function. */
  log: ILogGroup
  reserve: boolean
  /** Another function's, for one that needs that role's very rights. */
  role?: FunctionRole
}

/** One Lambda, by default with a role of its own that may write its log. What it uses grants the rest. */
export class HotworkFunction extends Construct {
  readonly lambda: LambdaFunction
  readonly role: FunctionRole

  constructor(scope: Construct, id: string, { name, code, log, reserve, role }: HotworkFunctionProps) {
    super(scope, id)
    const row = rowOf(name)
    this.role =
      role ??
      new FunctionRole(this, 'Role', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        ...(row.role !== undefined && { path: '/hotwork/', roleName: `${Stack.of(this).stackName}-${row.role}` }),
      })
    log.grantWrite(this.role)
    this.lambda = new LambdaFunction(this, 'Lambda', {
      description: `Hotwork ${name}`,
      code: code.of(name),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Compiling Cedar's wasm is what needs a bigger share of a processor.
      memorySize: row.megabytes ?? (row.policy === 'answers' ? 512 : 256),
      timeout: Duration.seconds(row.seconds ?? 10),
      environment: { LOG_LEVEL: 'INFO', POWERTOOLS_SERVICE_NAME: name },
      role: this.role,
      logGroup: log,
      loggingFormat: LoggingFormat.JSON,
      // With Lambda's report of each invocation, by which failed ones are counted.
      systemLogLevelV2: SystemLogLevel.INFO,
      ...(reserve && row.reserved !== undefined && { reservedConcurrentExecutions: row.reserved }),
    })
  }

  /** A test holds what it is told to what its code asks for. */
  tell(variables: { readonly [name: string]: string }): void {
    for (const [name, value] of Object.entries(variables)) this.lambda.addEnvironment(name, value)
  }

  allow(
    actions: readonly string[],
    resources: readonly string[],
    conditions: Record<string, Record<string, unknown>> = {},
  ): void {
    Grant.addToPrincipal({ grantee: this.role, actions: [...actions], resourceArns: [...resources], conditions })
  }

  /** Allows another to call it, and no version or alias of it. */
  grantInvoke(to: HotworkFunction, variable: string): void {
    to.tell({ [variable]: this.lambda.functionArn })
    to.allow(['lambda:InvokeFunction'], [this.lambda.functionArn])
  }
}
