import {
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  NoSuchEntityException,
  SimulateCustomPolicyCommand,
  type SimulatePolicyResponse,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { defined } from '../../functions/domain/values.ts'
import { policyName } from '../../functions/targets/aws/iam/role-policies.ts'
import { type AwsAccess, clientSettings } from '../../local/emulator.ts'

/** The parameters with which a session was assumed, and its identity according to STS. */
type Session = {
  role: string
  policies: string[]
  tags: readonly (readonly [string, string])[]
  issuedAt: string
  arn?: string
  id?: string
}
type Call = { service: string; action: string; region: string; account: string; body: { [name: string]: unknown } }

/** The resources of a call, for services that fakecloud lets every caller use. */
const resourcesOf: { readonly [service: string]: (call: Call) => string[] } = {
  ssm: ({ region, account, body }) => {
    const names = [body['Name'] ?? body['Names'] ?? body['Path'] ?? []].flat().map(String)
    return names.map((name) =>
      name.startsWith('arn:') ? name : `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`,
    )
  },
  // A secret's ARN has six more characters, which a caller need not know.
  secretsmanager: ({ region, account, body }) => {
    const name = String(body['SecretId'])
    return [name.startsWith('arn:') ? name : `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`]
  },
  states: ({ action, body }) =>
    /^SendTask/.test(action) ? ['*'] : [String(body['stateMachineArn'] ?? body['executionArn'] ?? '*')],
}

/**
 * fakecloud 0.51.0 does not judge calls of these services, though its engine could. Its policy simulator is asked
 * instead: about the caller's role, and about the session's policy. Both must allow.
 */
export function createJudge(access: AwsAccess, account: string) {
  const iam = new IAMClient(clientSettings(access))
  const assumed = new Map<string, Session>()
  const callers = new Map<string, Promise<Session | undefined>>()

  /**
   * The session of a Lambda, whose credentials come without a call: its role's. Undefined for the administrator and for
   * users.
   */
  async function callerOf(accessKeyId: string, sessionToken: string | undefined): Promise<Session | undefined> {
    const sts = new STSClient({
      ...clientSettings(access),
      credentials: { accessKeyId, secretAccessKey: 'unasked', ...(sessionToken && { sessionToken }) },
    })
    // fakecloud judges this call too, and even a refusal names the caller.
    const who = sts.send(new GetCallerIdentityCommand({})).then(({ Arn }) => Arn, String)
    const named = (await who.finally(() => sts.destroy())) ?? ''
    if (/^arn:aws:iam::\d+:(root$|user\/)/.test(named)) return undefined
    const [, RoleName] = /:assumed-role\/([^/]+)\//.exec(named) ?? []
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
    return { role: Role?.Arn ?? '', policies: [], tags: [], issuedAt: new Date().toISOString() }
  }

  const decisionOf = ({ EvaluationResults: [result] = [] }: SimulatePolicyResponse) => result?.EvalDecision

  /** The simulator's input for a call of a session. */
  function asked(session: Session, action: string, region: string, resource: string) {
    const entries: (readonly [string, string])[] = [
      ['aws:CurrentTime', new Date().toISOString()],
      ['aws:TokenIssueTime', session.issuedAt],
      ['aws:RequestedRegion', region],
      ['aws:SecureTransport', 'true'],
      ['aws:PrincipalArn', session.role],
      ...session.tags.map(([key, value]) => [`aws:PrincipalTag/${key}`, value] as const),
    ]
    return {
      ActionNames: [action],
      ResourceArns: [resource],
      ContextEntries: entries.map(([ContextKeyName, value]) => ({
        ContextKeyName,
        ContextKeyType: 'string' as const,
        ContextKeyValues: [value],
      })),
    }
  }

  /** Whether the role allows it, and the session's policy if there is one. */
  async function isAllowed(session: Session, action: string, region: string, resource: string): Promise<boolean> {
    const call = asked(session, action, region, resource)
    const answers = await Promise.all([
      iam.send(new SimulatePrincipalPolicyCommand({ ...call, PolicySourceArn: session.role })),
      ...session.policies.map((policy) =>
        iam.send(new SimulateCustomPolicyCommand({ ...call, PolicyInputList: [policy] })),
      ),
    ])
    return answers.every((answer) => decisionOf(answer) === 'allowed')
  }

  /** Hotwork's inline policy on a role, which denies ended sessions. */
  async function denyOn(role: string): Promise<string | undefined> {
    const named = { RoleName: role.slice(role.lastIndexOf('/') + 1), PolicyName: policyName }
    try {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand(named))
      return decodeURIComponent(PolicyDocument)
    } catch (cause) {
      if (cause instanceof NoSuchEntityException) return undefined
      throw cause
    }
  }

  return {
    judges: (service: string) => service in resourcesOf,

    /** Remembers a session: the form of `sts:AssumeRole`, and its answer. */
    keep(form: string, answer: string): void {
      const said = new URLSearchParams(form)
      const told = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(answer)?.[1]
      const accessKeyId = told('AccessKeyId')
      if (said.get('Action') !== 'AssumeRole' || accessKeyId === undefined) return
      const tags = [...said].flatMap(([name, key]) => {
        const [, at] = /^Tags\.member\.(\d+)\.Key$/.exec(name) ?? []
        return at === undefined ? [] : [[key, said.get(`Tags.member.${at}.Value`) ?? ''] as const]
      })
      const policy = said.get('Policy')
      const issuedAt = `${new Date().toISOString().slice(0, 19)}Z`
      const role = said.get('RoleArn') ?? ''
      const who = defined({ arn: told('Arn'), id: told('AssumedRoleId') })
      assumed.set(accessKeyId, { role, policies: policy ? [policy] : [], tags, issuedAt, ...who })
    },

    /**
     * The answer of `sts:GetCallerIdentity` for a session. AWS gives it under any policy; fakecloud asks the policies.
     */
    identity(accessKeyId: string, form: string): string | undefined {
      const { arn, id } = assumed.get(accessKeyId) ?? {}
      if (arn === undefined || new URLSearchParams(form).get('Action') !== 'GetCallerIdentity') return undefined
      const result = `<Arn>${arn}</Arn><UserId>${id}</UserId><Account>${account}</Account>`
      return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`
    },

    /** The resource that is denied to the caller, if any. */
    async denied(
      accessKeyId: string,
      sessionToken: string | undefined,
      call: Omit<Call, 'account'>,
    ): Promise<string | undefined> {
      const asking = assumed.get(accessKeyId) ?? callers.get(accessKeyId) ?? callerOf(accessKeyId, sessionToken)
      if (asking instanceof Promise) callers.set(accessKeyId, asking)
      const session = await asking
      if (session === undefined) return undefined
      const whole = { ...call, account }
      const resources = resourcesOf[call.service]?.(whole) ?? []
      for (const resource of resources.length > 0 ? resources : ['*'])
        if (!(await isAllowed(session, `${call.service}:${call.action}`, call.region, resource))) return resource
      return undefined
    },

    /** Whether a session is denied everything by its tags, which fakecloud ignores in its own judgement. */
    async ended(accessKeyId: string, service: string, region: string): Promise<boolean> {
      const session = assumed.get(accessKeyId)
      if (session === undefined || session.tags.length === 0) return false
      const deny = await denyOn(session.role)
      if (deny === undefined) return false
      const call = asked(session, `${service}:AnyCall`, region, '*')
      return (
        decisionOf(await iam.send(new SimulateCustomPolicyCommand({ ...call, PolicyInputList: [deny] }))) ===
        'explicitDeny'
      )
    },
  }
}
