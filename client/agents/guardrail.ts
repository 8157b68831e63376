import type { AgentAnswer } from '../../functions/domain/cards/wire/agent.ts'
import type { Context } from '../context.ts'
import { type Exit, exits, wrongUsage } from '../outcome.ts'
import { type Around, jsonText, lines, time } from '../screen.ts'
import { hostOf } from './hosts.ts'
import { readAgent } from './inventory.ts'

/** The forms of a guardrail, with AWS's limits in characters. */
export const longest = { policy: 10_240, boundary: 6144, scp: 5120 } as const
type Form = keyof typeof longest
type GuardrailTyped = { id: string; form: Form; check?: boolean }

type Role = { arn: string; boundary?: string | null | undefined }
type Guarded = { agent: AgentAnswer; roles: readonly Role[] }

/** Prints a guardrail for the roles of the host, ready to attach. Standard output has nothing else. */
export async function guardrail({ id, form, check }: GuardrailTyped, context: Context): Promise<Exit> {
  const { surroundings } = context
  const agent = await readAgent(id, context)
  const { guardrail: document } = agent
  const host = hostOf(agent.runs_on)
  if (agent.runs_on['other'] !== undefined)
    throw wrongUsage(
      `\`${id}\` runs on \`${host.name}\`, an unknown kind of host`,
      'give it a host of another kind in agents.json: AWS policies need a known host',
    )
  if (document === undefined)
    throw wrongUsage(
      `no action of the catalogue is in the account of \`${host.name}\``,
      'so there is nothing to deny there',
    )
  const guarded = { agent, roles: rolesOf(agent) }
  if (check) {
    const { exit, said } = (form !== 'scp' && notLookedAt(agent, surroundings)) || checks[form](guarded)
    surroundings.out(lines(...said))
    return exit
  }
  const made = documentOf(document, form, guarded.roles)
  const { length } = JSON.stringify(made)
  if (length > longest[form])
    throw wrongUsage(
      `the guardrail has ${length} characters, and AWS takes ${longest[form]}`,
      'choose another `--form`',
    )
  surroundings.out(jsonText(made))
  surroundings.err(lines(...howToAttach(guarded, form)))
  return exits.done
}

/** The roles that the host reaches, if this person may see them, without those that others outside use. */
const rolesOf = ({ runs_on: { awsRole }, ambient: { roles } }: AgentAnswer): readonly Role[] =>
  roles?.filter(({ via }) => via !== 'outside') ?? (awsRole === undefined ? [] : [{ arn: awsRole }])

/** A role that may change IAM could take the guardrail off, or make a role without one. */
const keepsItself = {
  Sid: 'KeepsItself',
  Effect: 'Deny',
  Action: [
    ...['iam:Attach*', 'iam:Create*', 'iam:Delete*', 'iam:Detach*', 'iam:Put*', 'iam:SetDefaultPolicyVersion'],
    'iam:Update*',
  ],
  Resource: '*',
} as const

function documentOf(policy: NonNullable<AgentAnswer['guardrail']>, form: Form, roles: readonly Role[]) {
  if (form === 'policy') return policy
  const denies = [...(policy['Statement'] as readonly object[]), keepsItself]
  const statements = { boundary: () => [everythingElse, ...denies], scp: () => denies.map(onlyFor(roles)) }
  return { Version: '2012-10-17', Statement: statements[form]() }
}

/** A boundary must allow what it does not deny. */
const everythingElse = { Sid: 'EverythingElse', Effect: 'Allow', Action: '*', Resource: '*' } as const

function onlyFor(roles: readonly Role[]) {
  if (roles.length === 0)
    throw wrongUsage(
      'no role is known that this host reaches, or you may not inspect it',
      'a service control policy names them: ask a person who may inspect the agent',
    )
  const Condition = { ArnEquals: { 'aws:PrincipalArn': roles.map(({ arn }) => arn) } }
  return (statement: object) => ({ ...statement, Condition })
}

const nameOf = (arn: string): string => arn.split('/').at(-1) ?? arn
const accountOf = (arn: string): string => arn.split(':')[4] ?? ''
/** The name of the boundary, and of the service control policy. */
const policyName = ({ id }: AgentAnswer): string => `hotwork-guardrail-${id.replace(/^agent:/, '')}`

function howToAttach({ agent, roles }: Guarded, form: Form): readonly string[] {
  const name = policyName(agent)
  const accounts = [...new Set(roles.map(({ arn }) => accountOf(arn)))]
  const create = `--content file://guardrail.json --name ${name} --description 'only through Hotwork'`
  const ways: { readonly [each in Form]: readonly string[] } = {
    policy: roles.map(
      ({ arn }) =>
        `aws iam put-role-policy --role-name ${nameOf(arn)} --policy-name hotwork-guardrail --policy-document file://guardrail.json`,
    ),
    boundary: [
      `aws iam create-policy --policy-name ${name} --policy-document file://guardrail.json`,
      ...roles.flatMap(({ arn, boundary }) => [
        `aws iam put-role-permissions-boundary --role-name ${nameOf(arn)} --permissions-boundary ${boundaryOf(arn, name)}`,
        ...(boundary && nameOf(boundary) !== name
          ? [`# it replaces ${boundary}: add its limits to guardrail.json`]
          : []),
      ]),
    ],
    scp: [
      `aws organizations create-policy --type SERVICE_CONTROL_POLICY ${create}`,
      ...accounts.map((each) => `aws organizations attach-policy --policy-id ID --target-id ${each}`),
    ],
  }
  return [
    `It denies the roles of ${agent.id} the actions of the catalogue${form === 'policy' ? '' : ', and changes of IAM'}. Save it as guardrail.json, then, ${form === 'scp' ? 'in the management account' : 'in the account of each role'}:`,
    ...ways[form].map((line) => `  ${line}`),
    ...(roles.length > 0
      ? []
      : [`  no role is known that this ${hostOf(agent.runs_on).kind} host reaches, or you may not inspect it`]),
    ...narrower(agent.runs_on),
    'For a whole account or organization, infra/guardrail.ts makes a service control policy and a permissions boundary.',
    `Then: npx --no-install hotwork agents guardrail ${agent.id}${form === 'policy' ? '' : ` --form ${form}`} --check`,
  ]
}

const boundaryOf = (role: string, name: string): string => role.replace(/:role\/.*$/, `:policy/${name}`)

/** The trust policy condition by which a role admits another workload than the agent's. */
function narrower(runsOn: AgentAnswer['runs_on']): readonly string[] {
  const hint = 'Or keep the host out of a role by the subject in its trust policy (StringEquals), without a wildcard:'
  const { githubEnvironment, githubRepository, kubernetesServiceAccount } = runsOn
  const repository = githubRepository ?? githubEnvironment?.split('#')[0]
  if (repository !== undefined)
    return [hint, `  "token.actions.githubusercontent.com:sub": "repo:${repository}:environment:ANOTHER"`]
  const [, namespace] = kubernetesServiceAccount?.split('/') ?? []
  return namespace === undefined ? [] : [hint, `  "PROVIDER:sub": "system:serviceaccount:${namespace}:ANOTHER"`]
}

type Checked = { exit: Exit; said: readonly string[] }

const checks: { readonly [form in Form]: (guarded: Guarded) => Checked } = {
  policy: ({ agent }) => {
    const open = openOf(agent)
    if (open.length === 0) return attached(agent)
    const isDenied = open.every((line) => line.endsWith(onlyDenied))
    return missing(`NOT ATTACHED: the host of ${agent.id} is ${isDenied ? onlyDenied : 'not denied'}`, [
      ...open,
      ...noteOf(agent),
    ])
  },
  boundary: ({ agent, roles }) => {
    const name = policyName(agent)
    const stateOf = ({ arn, boundary }: Role) => {
      if (boundary === undefined) return `  ${arn}: its boundary is unknown: it was not read, or you may not inspect it`
      return boundary !== null && nameOf(boundary) === name ? [] : `  ${arn}: its boundary is ${boundary ?? 'none'}`
    }
    const open = [...roles.flatMap(stateOf), ...(roles.length > 0 ? [] : ['  no role is known']), ...openOf(agent)]
    const isUnknown = roles.length === 0 || roles.some(({ boundary }) => boundary === undefined)
    if (open.length === 0) return attached(agent)
    return missing(`${isUnknown ? 'UNKNOWN' : 'NOT ATTACHED'}: the boundary ${name} of the host of ${agent.id}`, [
      ...open,
      ...noteOf(agent),
    ])
  },
  scp: ({ agent, roles }) => {
    const accounts = [...new Set(roles.map(({ arn }) => accountOf(arn)))]
    return missing(`UNKNOWN: the service control policy ${policyName(agent)}`, [
      '  only the management account of the organization may read it, and Hotwork has no role there; a simulation of',
      '  IAM leaves out one with a condition. In the management account:',
      ...accounts.map(
        (each) => `  aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id ${each}`,
      ),
    ])
  },
}

const attached = ({ id }: AgentAnswer): Checked => ({
  exit: exits.done,
  said: [`ATTACHED: IAM denies the host of ${id} each action of the catalogue`],
})
const missing = (first: string, rest: readonly string[]): Checked => ({ exit: exits.denied, said: [first, ...rest] })
const noteOf = ({ ambient: { note } }: AgentAnswer) => (note === undefined ? [] : [note])

/** The longest time from a look to its answer. */
const freshMs = 120_000

/** A look that was not made now proves nothing: the guardrail may be gone since. */
function notLookedAt({ id, ambient: { at, now = '' } }: AgentAnswer, around: Around): Checked | undefined {
  if (at !== undefined && Date.parse(now) - Date.parse(at) <= freshMs) return undefined
  return missing(`UNKNOWN: the host of ${id} was not looked at now`, [
    `  ${at === undefined ? 'there is no look yet' : `the last look was at ${time(at, around)}`}: check again in some minutes`,
    '  if it stays so, look-at-hosts did not end in time: see its log, and `host_not_looked_at` in that of the API',
  ])
}

const onlyDenied = 'denied, but not by a guardrail'

/** The actions that no policy denies the host, the guardrail or another. */
function openOf({ ambient }: AgentAnswer): readonly string[] {
  const answers = Object.entries(ambient.resources).flatMap(([action, each]) => each.map((one) => ({ action, ...one })))
  const open = answers.flatMap(({ action, resource, answer, explicit }) =>
    answer === 'denied' && explicit ? [] : `  ${action} on ${resource}: ${answer === 'denied' ? onlyDenied : answer}`,
  )
  // Old answers prove nothing about now.
  const isNew = ambient.at !== undefined && ambient.failed === undefined
  return answers.length === 0 || !isNew ? [...open, '  the host was not seen'] : open
}
