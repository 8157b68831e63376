import { Lazy } from 'aws-cdk-lib'
import {
  type AddToPrincipalPolicyResult,
  ArnPrincipal,
  type CfnRole,
  Policy,
  PolicyDocument,
  type PolicyStatement,
  Role,
  type RoleProps,
} from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

/** A role whose rights are a part of it. CDK's own makes a second resource for them, of the 500 that a stack may have. */
export class FunctionRole extends Role {
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

  /** To be named in the policy of a key. Then its rights are a resource of their own: they name keys, which wait for it. */
  inKeyPolicy(): ArnPrincipal {
    this.#apart ??= new Policy(this, 'DefaultPolicy', { document: this.#rights, roles: [this] })
    return new ArnPrincipal(this.roleArn)
  }
}
