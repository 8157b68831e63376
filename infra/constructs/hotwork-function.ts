import { Duration, Stack } from 'aws-cdk-lib'
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
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

export type HotworkFunctionProps = {
  name: FunctionName
  code: FunctionCode
  /** Everything that it is told, and nothing else. */
  environment: { readonly [name: string]: string }
  /** Where it writes, as do all the others: each line names its function, and so does the log stream. */
  log: ILogGroup
  /** Whether the concurrency that its row names is set apart. */
  reserve: boolean
  /** The role of another function, for one that needs that role's very rights and no others. */
  role?: Role
}

/** One Lambda that does one thing, with a role of its own, unless it is given one, that starts with leave to write its log and no more. */
export class HotworkFunction extends Construct {
  readonly lambda: LambdaFunction
  readonly role: Role

  constructor(scope: Construct, id: string, props: HotworkFunctionProps) {
    super(scope, id)
    const row = rowOf(props.name)
    this.role =
      props.role ??
      new Role(this, 'Role', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        ...(row.role !== undefined && { path: '/hotwork/', roleName: `${Stack.of(this).stackName}-${row.role}` }),
      })
    props.log.grantWrite(this.role)
    this.lambda = new LambdaFunction(this, 'Lambda', {
      description: `Hotwork ${props.name}`,
      code: props.code.of(props.name),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Compiling Cedar's wasm is what needs a bigger share of a processor.
      memorySize: row.megabytes ?? (row.policy === 'answers' ? 512 : 256),
      timeout: Duration.seconds(row.seconds ?? 10),
      environment: { LOG_LEVEL: 'INFO', POWERTOOLS_SERVICE_NAME: props.name, ...props.environment },
      role: this.role,
      logGroup: props.log,
      loggingFormat: LoggingFormat.JSON,
      // With Lambda's own report of each invocation, by which failed ones are counted.
      systemLogLevelV2: SystemLogLevel.INFO,
      ...(props.reserve && row.reserved !== undefined && { reservedConcurrentExecutions: row.reserved }),
    })
  }

  /** Allows calling it, and no version or alias of it. */
  grantInvoke(grantee: Role): Grant {
    const resourceArns = [this.lambda.functionArn]
    return Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns })
  }
}
