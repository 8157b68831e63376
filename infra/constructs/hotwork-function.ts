import { Duration } from 'aws-cdk-lib'
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
import type { FunctionCode, PolicyUse } from './function-code.ts'

export type HotworkFunctionProps = {
  /** The stem of its entry file, and of its operation. */
  name: string
  code: FunctionCode
  /** Everything that it is told, and nothing else. */
  environment: { readonly [name: string]: string }
  policy?: PolicyUse
  /** Where it writes, as do all the others: each line names its function, and so does the log stream. */
  log: ILogGroup
  timeout?: Duration
  /** Megabytes, where a person waits for its first start: a share of a processor comes with them, a whole one with 1,769. */
  memorySize?: number
  reservedConcurrentExecutions?: number
  architecture?: Architecture
  /** A fixed name, where a policy elsewhere must name the role before it exists. */
  roleName?: string
  /** The role of another function, for one that needs that role's very rights and no others. */
  role?: Role
}

/** One Lambda that does one thing, with a role of its own, unless it is given one, that starts with leave to write its log and no more. */
export class HotworkFunction extends Construct {
  readonly lambda: LambdaFunction
  readonly role: Role

  constructor(scope: Construct, id: string, props: HotworkFunctionProps) {
    super(scope, id)
    const policy = props.policy ?? 'none'
    this.role =
      props.role ??
      new Role(this, 'Role', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        ...(props.roleName !== undefined && { path: '/hotwork/', roleName: props.roleName }),
      })
    props.log.grantWrite(this.role)
    this.lambda = new LambdaFunction(this, 'Lambda', {
      description: `Hotwork ${props.name}`,
      code: props.code.of(props.name, policy),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: props.architecture ?? Architecture.ARM_64,
      // Compiling Cedar's wasm is what needs a bigger share of a processor.
      memorySize: props.memorySize ?? (policy === 'answers' ? 512 : 256),
      timeout: props.timeout ?? Duration.seconds(10),
      environment: { LOG_LEVEL: 'INFO', POWERTOOLS_SERVICE_NAME: props.name, ...props.environment },
      role: this.role,
      logGroup: props.log,
      loggingFormat: LoggingFormat.JSON,
      // With Lambda's own report of each invocation, by which failed ones are counted.
      systemLogLevelV2: SystemLogLevel.INFO,
      ...(props.reservedConcurrentExecutions !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      }),
    })
  }

  /** Allows calling it, and no version or alias of it. */
  grantInvoke(grantee: Role): Grant {
    const resourceArns = [this.lambda.functionArn]
    return Grant.addToPrincipal({ grantee, actions: ['lambda:InvokeFunction'], resourceArns })
  }
}
