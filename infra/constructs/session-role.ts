// Rules: test/infra/target-account.test.ts
import { Duration } from 'aws-cdk-lib'
import { ArnPrincipal, type IManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

/** The requester of a session by its id: only people open break-glass. */
const askers = { 'req_*': 'agent:*', 'bgl_*': 'person:*' } as const
type Id = keyof typeof askers

/** The tags of every session, by which it is denied after the end of its grant, credential, agent or owner. */
const tagsOf = (ids: readonly Id[]) => ({
  'hotwork:request': [...ids],
  'hotwork:credential': 'crd_*',
  'hotwork:agent': ids.map((id) => askers[id]),
  'hotwork:owner': 'person:*',
  'hotwork:digest': 'sha-256:*',
})

type SessionRole = {
  hotwork: string
  /** The end of its name. */
  name: string
  description: string
  /** The ARN of the only role that may assume it. */
  broker: string
  externalIds: { 'sts:ExternalId': string[] }
  boundary: IManagedPolicy
  /** Whether it is for sessions of openings too. */
  opened: boolean
}

/** A role for sessions of approved requests, and perhaps of openings, each with the tags by which it is found and ended. */
export function makeSessionRole(
  scope: Construct,
  id: string,
  { hotwork, name, description, broker, externalIds, boundary, opened }: SessionRole,
): Role {
  const principal = new ArnPrincipal(broker)
  const ids: readonly Id[] = opened ? ['req_*', 'bgl_*'] : ['req_*']
  const tags = tagsOf(ids)
  // One statement for each kind of session, so that one cannot pass for the other. TagSession below requires all
  // tags.
  const asked = (id: Id) => ({
    StringEquals: externalIds,
    StringLike: {
      'sts:RoleSessionName': id,
      ...tagged({ 'hotwork:request': id, 'hotwork:agent': askers[id] }),
    },
    ...namedBy(id),
  })
  const role = new Role(scope, id, {
    roleName: `${hotwork}-${name}`,
    path: '/hotwork/',
    description,
    assumedBy: principal.withConditions(asked('req_*')),
    permissionsBoundary: boundary,
    maxSessionDuration: Duration.hours(1),
  })
  role.assumeRolePolicy?.addStatements(
    ...ids
      .slice(1)
      .map(
        (id) => new PolicyStatement({ principals: [principal], actions: ['sts:AssumeRole'], conditions: asked(id) }),
      ),
    // Separate statements, since neither call carries an external id or a session name for a condition.
    new PolicyStatement({
      principals: [principal],
      actions: ['sts:TagSession'],
      // Exactly our tags, since a session with a missing one could not be ended. None is transitive.
      conditions: {
        StringLike: tagged(tags),
        'ForAllValues:StringEquals': { 'aws:TagKeys': Object.keys(tags) },
      },
    }),
    new PolicyStatement({
      principals: [principal],
      actions: ['sts:SetSourceIdentity'],
      conditions: namedBy([...ids]),
    }),
  )
  return role
}

const tagged = (like: { readonly [tag: string]: string | string[] }) =>
  Object.fromEntries(Object.entries(like).map(([tag, value]) => [`aws:RequestTag/${tag}`, value]))

/** `IfExists`, since the local emulator does not send it. A session without one is denied all guarded actions. */
const namedBy = (id: string | string[]) => ({ StringLikeIfExists: { 'sts:SourceIdentity': id } })
