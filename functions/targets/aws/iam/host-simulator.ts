import {
  type ContextEntry,
  type EvaluationResult,
  type IAMClient,
  paginateSimulatePrincipalPolicy,
  type ResourceSpecificResult,
  type Statement,
} from '@aws-sdk/client-iam'
import type { Simulated } from '../../../domain/agents/ambient.ts'
import type { Unseen } from '../../../domain/people/host.ts'
import type { HostSimulator } from '../../../operations/agents/ports.ts'
import { faultName, HostUnseen } from '../../../operations/faults.ts'
import { type CredentialsFor, IamClients } from './role-policies.ts'

/** The timeout of one question, with its pages and retries. Milliseconds. */
const patienceMs = 20_000
/** The resources of one question: IAM simulates each action on each. */
const atOnce = 20

/**
 * Asks IAM about the rights of a role by its own policies and its boundary, and by service control policies without a
 * condition. IAM ignores other service control policies, resource policies, and roles that the role may assume (ADR
 * 0035).
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
 */
export class IamHostSimulator implements HostSimulator {
  readonly #clients: IamClients

  constructor(credentialsFor?: CredentialsFor) {
    this.#clients = new IamClients(credentialsFor)
  }

  async simulate(
    role: string,
    { actions, resources }: { actions: readonly string[]; resources: readonly string[] },
  ): Promise<readonly Simulated[]> {
    const found: Simulated[] = []
    const abortSignal = AbortSignal.timeout(patienceMs)
    try {
      for (let from = 0; from < resources.length; from += atOnce)
        found.push(
          ...(await ask(this.#clients.of(role), role, actions, resources.slice(from, from + atOnce), abortSignal)),
        )
    } catch (cause) {
      throw new HostUnseen(abortSignal.aborted ? 'too_slow' : whyUnseen(cause), { cause })
    }
    return found
  }
}

async function ask(
  client: IAMClient,
  role: string,
  actions: readonly string[],
  resources: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly Simulated[]> {
  const input = {
    PolicySourceArn: role,
    ActionNames: [...actions],
    ResourceArns: [...resources],
    ContextEntries: contextOf(role),
  }
  const found: Simulated[] = []
  for await (const page of paginateSimulatePrincipalPolicy({ client, pageSize: 1000 }, input, { abortSignal }))
    found.push(...(page.EvaluationResults ?? []).flatMap(resultsOf))
  return found
}

/** The context of a call by the host itself, without a request of Hotwork as its source. */
const contextOf = (role: string): ContextEntry[] =>
  Object.entries({ 'aws:PrincipalArn': role, 'aws:SourceIdentity': 'none' }).map(([ContextKeyName, value]) => ({
    ContextKeyName,
    ContextKeyValues: [value],
    ContextKeyType: 'string',
  }))

/**
 * The results of all resources. IAM nests several resources in one result, but a single one is in the result itself.
 */
function resultsOf({
  EvalActionName: action = '',
  ResourceSpecificResults: each = [],
  ...whole
}: EvaluationResult): Simulated[] {
  if (each.length === 0)
    return [
      simulated(action, {
        ...whole,
        EvalResourceName: whole.EvalResourceName,
        EvalResourceDecision: whole.EvalDecision,
      }),
    ]
  return each.map((one) => simulated(action, one))
}

const simulated = (
  action: string,
  { EvalResourceName, EvalResourceDecision, MissingContextValues, MatchedStatements }: ResourceSpecificResult,
): Simulated => ({
  action,
  resource: EvalResourceName ?? '',
  decision: EvalResourceDecision === 'allowed' ? 'allowed' : 'denied',
  ...(EvalResourceDecision === 'explicitDeny' ? { explicit: true as const } : {}),
  missing: MissingContextValues ?? [],
  by: [...new Set((MatchedStatements ?? []).flatMap(policyOf))].sort(),
})

const policyOf = ({ SourcePolicyId: id, SourcePolicyType: type }: Statement): string[] =>
  id === undefined ? [] : [type === undefined || type === 'none' ? id : `${id} (${type})`]

/** The reason why AWS gave no answer. */
export function whyUnseen(cause: unknown): Unseen {
  const name = faultName(cause)
  if (/^(?:NoSuchEntity|ResourceNotFound|ClusterNotFound|ServiceNotFound|StateMachineDoesNotExist)/.test(name))
    return 'no_such_role'
  if (/AccessDenied|NotAuthorized|BrokerUnavailable|InvalidClientTokenId/.test(name)) return 'not_permitted'
  if (/Throttl|TooMany|LimitExceeded/.test(name)) return 'throttled'
  return /Timeout|Abort/.test(name) ? 'too_slow' : 'fault'
}
