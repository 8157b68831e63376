import { randomUUID } from 'node:crypto'
import {
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import type { HostSimulator } from '../../../../functions/operations/agents/ports.ts'
import { HostUnseen } from '../../../../functions/operations/faults.ts'
import { IamHostSimulator } from '../../../../functions/targets/aws/iam/host-simulator.ts'
import { foreignSimulators } from '../../../../functions/targets/aws/sts/foreign-revokers.ts'
import { onBoth } from '../../../adapters/both.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { type HostPolicy, MemoryHostSimulator } from '../../../support/agents/memory-host-simulator.ts'

type Host = { simulator: HostSimulator; role: string; attach: (...policies: HostPolicy[]) => Promise<void> }

const accountId = '000000000000'
const trust = (Condition: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole', Condition }],
  })
const documentOf = ({ effect = 'Allow', action, resource, when }: HostPolicy) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: effect, Action: action, Resource: resource },
        ...(when === undefined ? {} : { Condition: { StringEquals: { [when]: 'some value' } } }),
      },
    ],
  })

/** With a path, as roles of services often have. */
async function makeHost(more: { PermissionsBoundary?: string } = {}): Promise<Omit<Host, 'simulator'>> {
  const [iam, RoleName] = [new IAMClient({}), `host-${randomUUID().slice(0, 8)}`]
  const made = { RoleName, Path: '/jobs/', AssumeRolePolicyDocument: trust(), ...more }
  await iam.send(new CreateRoleCommand(made))
  return {
    role: `arn:aws:iam::${accountId}:role/jobs/${RoleName}`,
    attach: async (...policies) => {
      for (const policy of policies) {
        const named = { RoleName, PolicyName: policy.name }
        await iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: documentOf(policy) }))
      }
    },
  }
}

const parameter = (name: string) => `arn:aws:ssm:us-east-1:${accountId}:parameter${name}`
const [staging, prod] = [parameter('/staging/example'), parameter('/prod/example')]
const put: HostPolicy = { name: 'wide', action: 'ssm:Put*', resource: parameter('/staging/*') }

onBoth<Host>(
  'what IAM says of a host',
  {
    memory: () => {
      const [simulator, role] = [new MemoryHostSimulator(), `arn:aws:iam::${accountId}:role/jobs/host`]
      simulator.attach(role)
      return { simulator, role, attach: async (...policies) => simulator.attach(role, ...policies) }
    },
    real: async () => ({ simulator: new IamHostSimulator(), ...(await makeHost()) }),
  },
  (make) => {
    const ask = ({ simulator, role }: Host) =>
      simulator.simulate(role, { actions: ['ssm:PutParameter', 'ssm:GetParameter'], resources: [staging, prod] })

    test('is one answer for each action on each resource, with the policies that decide it', async () => {
      const host = await make()
      await host.attach(put)
      const answers = await ask(host)
      expect(answers).toHaveLength(4)
      expect(answers).toContainEqual({
        ...{ action: 'ssm:PutParameter', resource: staging, decision: 'allowed', missing: [] },
        by: ['wide (role)'],
      })
      const denied = answers.filter(({ decision }) => decision === 'denied')
      expect(denied.map(({ action, resource }) => [action, resource])).toEqual(
        expect.arrayContaining([
          ['ssm:PutParameter', prod],
          ['ssm:GetParameter', staging],
          ['ssm:GetParameter', prod],
        ]),
      )
    })

    test('is a denial where a policy denies it, and that policy is named', async () => {
      const host = await make()
      await host.attach(put, { ...put, name: 'guardrail', effect: 'Deny' })
      const [answer] = (await ask(host)).filter(({ action }) => action === 'ssm:PutParameter')
      expect(answer).toMatchObject({ decision: 'denied', by: ['guardrail (role)'] })
    })

    test('names the condition keys that only a call would tell', async () => {
      const host = await make()
      await host.attach({ ...put, when: 'aws:SourceVpce' })
      const [answer] = (await ask(host)).filter(({ action }) => action === 'ssm:PutParameter')
      expect(answer).toMatchObject({ decision: 'denied', missing: ['aws:SourceVpce'] })
    })

    test('is a fault for a role that is not there, and no denial', async () => {
      const { simulator, role } = await make()
      await expect(ask({ simulator, role: `${role}-gone`, attach: async () => {} })).rejects.toMatchObject({
        ...{ name: 'HostUnseen', why: 'no_such_role' },
      })
    })
  },
)

describe('IAM', () => {
  useAws()
  const asked = { actions: ['ssm:PutParameter'], resources: [staging] }

  test('knows the boundary of a host', async () => {
    const iam = new IAMClient({})
    const PolicyDocument = documentOf({ name: '', action: 'ssm:GetParameter', resource: '*' })
    const boundary = await iam.send(
      new CreatePolicyCommand({ PolicyName: `b-${randomUUID().slice(0, 8)}`, PolicyDocument }),
    )
    const host = await makeHost({ PermissionsBoundary: boundary.Policy?.Arn as string })
    await host.attach(put)
    expect(await new IamHostSimulator().simulate(host.role, asked)).toMatchObject([{ decision: 'denied' }])
  })

  test('knows what no request of Hotwork is the source of: a guardrail against that denies', async () => {
    const host = await makeHost()
    await host.attach(put)
    const deny = {
      ...{ Effect: 'Deny', Action: 'ssm:Put*', Resource: '*' },
      Condition: { StringNotLike: { 'aws:SourceIdentity': ['req_*', 'bgl_*'] } },
    }
    await new IAMClient({}).send(
      new PutRolePolicyCommand({
        ...{ RoleName: host.role.split('/').at(-1), PolicyName: 'guardrail' },
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [deny] }),
      }),
    )
    expect(await new IamHostSimulator().simulate(host.role, asked)).toMatchObject([
      { decision: 'denied', missing: [], by: ['guardrail (role)'] },
    ])
  })

  test('many resources are asked in several questions', async () => {
    const host = await makeHost()
    await host.attach(put)
    const resources = Array.from({ length: 45 }, (_, at) => parameter(`/staging/${at}`))
    const answers = await new IamHostSimulator().simulate(host.role, { ...asked, resources })
    expect(answers.map(({ resource }) => resource)).toEqual(resources)
    expect(answers.every(({ decision }) => decision === 'allowed')).toBe(true)
  })

  describe('of another account', () => {
    const accounts = { elsewhere: { partition: 'aws', region: 'us-east-1', accountId, externalId: 'given' } as const }
    /** The emulator's one account, seen from another: its simulator may ask about one host. */
    async function makeSimulator(host: string) {
      const [iam, name] = [new IAMClient({}), `s${randomUUID().slice(0, 8)}`]
      const RoleName = `${name}-simulator`
      const condition = { StringEquals: { 'sts:ExternalId': 'given' } }
      await iam.send(new CreateRoleCommand({ RoleName, Path: '/hotwork/', AssumeRolePolicyDocument: trust(condition) }))
      const PolicyDocument = documentOf({ name: '', action: 'iam:SimulatePrincipalPolicy', resource: host })
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'simulate', PolicyDocument }))
      const simulator = new IamHostSimulator(
        foreignSimulators({ home: '111111111111', accounts }, `hotwork/${name}-target`),
      )
      return {
        simulator,
        end: () =>
          iam
            .send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'simulate' }))
            .then(() => iam.send(new DeleteRoleCommand({ RoleName }))),
      }
    }

    test('is asked as its simulator, which may ask about that host alone', async () => {
      const [host, other] = [await makeHost(), await makeHost()]
      await host.attach(put)
      const { simulator } = await makeSimulator(host.role)
      expect(await simulator.simulate(host.role, asked)).toMatchObject([{ decision: 'allowed' }])
      await expect(simulator.simulate(other.role, asked)).rejects.toMatchObject({ why: 'not_permitted' })
    })

    test('without a simulator it is not seen', async () => {
      const host = await makeHost()
      const { simulator, end } = await makeSimulator(host.role)
      await end()
      await expect(simulator.simulate(host.role, asked)).rejects.toBeInstanceOf(HostUnseen)
    })

    test('that is none of the deployment is not seen', async () => {
      const { simulator } = await makeSimulator('*')
      const away = 'arn:aws:iam::333333333333:role/x'
      await expect(simulator.simulate(away, asked)).rejects.toMatchObject({ why: 'not_permitted' })
    })
  })
})
