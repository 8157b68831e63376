// Rules: test/infra/resources.test.ts, test/infra/cycles.test.ts
import { Duration, Lazy, Stack } from 'aws-cdk-lib'
import {
  type AddToPrincipalPolicyResult,
  ArnPrincipal,
  type CfnRole,
  Grant,
  Policy,
  PolicyDocument,
  PolicyStatement,
  Role,
  type RoleProps,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  CfnAlias,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type Lambda, lambdaNamed } from '../functions.ts'
import type { FunctionCode } from './function-code.ts'
import { lookUp } from './variables.ts'

/** A role with inline rights. CDK's own makes a separate resource for them, of the 500 that a stack may have. */
export class InlineRole extends Role {
  readonly #rights = new PolicyDocument()
  #apart: Policy | undefined

  constructor(scope: Construct, id: string, props: RoleProps) {
    super(scope, id, props)
    const rights = { policyName: 'Rights', policyDocument: this.#rights }
    const role = this.node.defaultChild as CfnRole
    role.policies = Lazy.any({ produce: () => (this.#apart ? [] : [rights]) }, { omitEmptyArray: true })
  }

  override addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    this.#rights.addStatements(statement)
    return { statementAdded: true, policyDependable: this }
  }

  /**
   * The role for a key's policy. Its rights then become a separate resource, since they name keys that depend on the
   * role.
   */
  inKeyPolicy(): ArnPrincipal {
    this.#apart ??= new Policy(this, 'DefaultPolicy', { document: this.#rights, roles: [this] })
    return new ArnPrincipal(this.roleArn)
  }
}

type HotworkFunctionProps = {
  name: string
  code: FunctionCode
  /** The log of all functions, in which each line names its function. */
  log: ILogGroup
  reserve: boolean
  /** Another function's role, for a function that needs exactly its rights. */
  role?: InlineRole
}

/**
 * One Lambda, by default with its own role, which may only write its log. The constructs that it uses grant the rest.
 */
export class HotworkFunction extends Construct {
  readonly descriptor: Lambda
  readonly lambda: LambdaFunction
  readonly role: InlineRole

  constructor(scope: Construct, id: string, { name, code, log, reserve, role }: HotworkFunctionProps) {
    super(scope, id)
    this.descriptor = lambdaNamed(name)
    const { policy, seconds = 10, megabytes, reserved, role: named, told } = this.descriptor
    this.role =
      role ??
      new InlineRole(this, 'Role', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        ...(named !== undefined && { path: '/hotwork/', roleName: `${Stack.of(this).stackName}-${named}` }),
      })
    log.grantWrite(this.role)
    this.lambda = new LambdaFunction(this, 'Lambda', {
      description: `Hotwork ${name}`,
      code: code.of(this.descriptor),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Compiling Cedar's wasm needs more processor time, which memory buys.
      memorySize: megabytes ?? (policy === 'answers' ? 512 : 256),
      timeout: Duration.seconds(seconds),
      environment: { LOG_LEVEL: 'INFO', POWERTOOLS_SERVICE_NAME: name },
      role: this.role,
      logGroup: log,
      loggingFormat: LoggingFormat.JSON,
      // INFO, for Lambda's report of each invocation, by which failures are counted.
      systemLogLevelV2: SystemLogLevel.INFO,
      ...(reserve && reserved !== undefined && { reservedConcurrentExecutions: reserved }),
    })
    for (const variable of told) this.tell({ [variable]: lookUp(this, variable) })
  }

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

  /** Allows it to invoke itself. A separate resource, since the function waits for its role's rights. */
  grantItself(): void {
    const statement = new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: [this.lambda.functionArn],
    })
    new Policy(this, 'Itself', { statements: [statement], roles: [this.role] })
  }

  /** An alias of the deployed code, by which callers state their purpose. */
  nameLatest(alias: string): void {
    const { functionName } = this.lambda
    new CfnAlias(this, `${alias}Alias`, { functionName, functionVersion: '$LATEST', name: alias })
  }

  /** Allows another function to invoke it: without versions and aliases, or only by the named aliases. */
  grantInvoke(to: HotworkFunction, aliases?: readonly string[]): void {
    const { functionArn } = this.lambda
    to.allow(['lambda:InvokeFunction'], aliases?.map((alias) => `${functionArn}:${alias}`) ?? [functionArn])
  }
}
